import java.io.FileInputStream;
import java.io.InputStream;
import java.security.Security;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeSet;

import javax.mail.Session;
import javax.mail.internet.MimeMessage;

import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.i18n.ErrorBundle;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.mail.smime.validator.SignedMailValidator;

/**
 * BouncyCastle ROOT ISSUING MAIL...: does Bouncy Castle accept each mail?
 * One line for each, as of tests/interop/accepts, which starts this.
 *
 * SignedMailValidator checks the signature, the path to the root, the usage of
 * the certificate and that it names the author. Revocation is not asked.
 */
@SuppressWarnings("unchecked") // Bouncy Castle's lists do not say of what
public final class BouncyCastle {
	private static final class Refused extends Exception {
		private static final long serialVersionUID = 1L;

		Refused(String reason) {
			super(reason);
		}
	}

	private static Collection<? extends Certificate> certificates(
	    String file) throws Exception {
		try (InputStream in = new FileInputStream(file)) {
			return CertificateFactory.getInstance("X.509")
			    .generateCertificates(in);
		}
	}

	private static PKIXParameters parameters(String root, String issuing)
	    throws Exception {
		X509Certificate anchor =
		    (X509Certificate) certificates(root).iterator().next();
		PKIXParameters parameters =
		    new PKIXParameters(Set.of(new TrustAnchor(anchor, null)));

		parameters.setRevocationEnabled(false);
		parameters.addCertStore(CertStore.getInstance("Collection",
		    new CollectionCertStoreParameters(certificates(issuing))));
		return parameters;
	}

	private static MimeMessage message(String file) throws Exception {
		Session session = Session.getInstance(new Properties());

		try (InputStream in = new FileInputStream(file)) {
			return new MimeMessage(session, in);
		}
	}

	private static String line(String text) {
		return text.replaceAll("\\s+", " ").trim();
	}

	/** Of the signature and of the path. */
	private static String reasons(
	    SignedMailValidator.ValidationResult result) {
		List<Object> errors = new ArrayList<>(result.getErrors());
		StringJoiner reasons = new StringJoiner("; ");

		if (result.getCertPathReview() != null)
			for (List<?> ofCertificate :
			    result.getCertPathReview().getErrors())
				errors.addAll(ofCertificate);
		for (Object error : errors)
			reasons.add(line(((ErrorBundle) error)
			    .getSummary(Locale.ENGLISH)));
		return reasons.toString();
	}

	/** The address of the one signer. */
	private static String signer(
	    MimeMessage message, PKIXParameters parameters) throws Exception {
		SignedMailValidator validator =
		    new SignedMailValidator(message, parameters);
		Collection<SignerInformation> signers =
		    validator.getSignerInformationStore().getSigners();

		if (signers.size() != 1)
			throw new Refused(signers.size() + " signers");
		SignedMailValidator.ValidationResult result =
		    validator.getValidationResult(signers.iterator().next());
		if (!result.isValidSignature())
			throw new Refused(reasons(result));
		X509Certificate certificate = (X509Certificate) result
		    .getCertPath().getCertificates().get(0);
		return String.join(",", new TreeSet<String>(
		    SignedMailValidator.getEmailAddresses(certificate)));
	}

	private static String judge(String file, PKIXParameters parameters) {
		String of = "ok bouncycastle " + file;

		try {
			return of + " signer=" +
			    signer(message(file), parameters);
		} catch (Refused e) {
			return "not " + of + ": " + e.getMessage();
		} catch (Exception e) {
			return "not " + of + ": " + line(e.toString());
		}
	}

	public static void main(String[] args) throws Exception {
		PKIXParameters parameters = parameters(args[0], args[1]);

		Security.addProvider(new BouncyCastleProvider());
		for (int i = 2; i < args.length; i++)
			System.out.println(judge(args[i], parameters));
	}
}
