import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;

import javax.mail.Message;
import javax.mail.Session;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeBodyPart;
import javax.mail.internet.MimeMessage;
import javax.mail.internet.MimeMultipart;

import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.smime.SMIMECapabilitiesAttribute;
import org.bouncycastle.asn1.smime.SMIMECapability;
import org.bouncycastle.asn1.smime.SMIMECapabilityVector;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.SignerInfoGenerator;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoGeneratorBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.mail.smime.SMIMESignedGenerator;
import org.bouncycastle.mail.smime.SMIMEToolkit;
import org.bouncycastle.operator.bc.BcDigestCalculatorProvider;

/**
 * BouncyCastleSign FOLDER FROM TO ENTITY KEYS FORM...: mails that Bouncy Castle
 * signs, in FOLDER, one for each FORM, which is also its name without ".eml":
 *
 *	MAKER-SHAPE-ALGORITHM-KEY[+ALGORITHM-KEY]...
 *
 * MAKER is generator or toolkit; SHAPE detached or opaque; ALGORITHM as Java
 * names it; KEY the name of KEYS/KEY.p12, with the password "rahasia". ENTITY is
 * a file with what is signed, its header too.
 */
public final class BouncyCastleSign {
	private static final char[] PASSWORD = "rahasia".toCharArray();

	private static final class Signer {
		final PrivateKey key;
		final X509Certificate[] path;
		final String algorithm;

		Signer(String keys, String algorithm, String name)
		    throws Exception {
			KeyStore store = KeyStore.getInstance("PKCS12");

			try (InputStream in =
			    new FileInputStream(keys + "/" + name + ".p12")) {
				store.load(in, PASSWORD);
			}
			String alias = store.aliases().nextElement();
			this.key = (PrivateKey) store.getKey(alias, PASSWORD);
			this.path = Arrays.copyOf(
			    store.getCertificateChain(alias), 2,
			    X509Certificate[].class);
			this.algorithm = algorithm;
		}

		/** What a mail client says of itself. */
		private static AttributeTable attributes() {
			SMIMECapabilityVector can = new SMIMECapabilityVector();
			ASN1EncodableVector all = new ASN1EncodableVector();

			can.addCapability(SMIMECapability.aES256_CBC);
			can.addCapability(SMIMECapability.aES128_CBC);
			all.add(new SMIMECapabilitiesAttribute(can));
			return new AttributeTable(all);
		}

		SignerInfoGenerator generator() throws Exception {
			return new JcaSimpleSignerInfoGeneratorBuilder()
			    .setProvider("BC")
			    .setSignedAttributeGenerator(attributes())
			    .build(algorithm, key, path[0]);
		}

		List<X509Certificate> certificates() {
			return Arrays.asList(path);
		}
	}

	private static SMIMESignedGenerator generator(List<Signer> signers)
	    throws Exception {
		SMIMESignedGenerator generator = new SMIMESignedGenerator();

		for (Signer signer : signers) {
			generator.addSignerInfoGenerator(signer.generator());
			generator.addCertificates(
			    new JcaCertStore(signer.certificates()));
		}
		return generator;
	}

	/** The toolkit takes one signer, and its certificate alone. */
	private static void byToolkit(MimeMessage message, boolean detached,
	    MimeBodyPart entity, Signer signer) throws Exception {
		SMIMEToolkit toolkit =
		    new SMIMEToolkit(new BcDigestCalculatorProvider());

		if (detached) {
			MimeMultipart made =
			    toolkit.sign(entity, signer.generator());
			message.setContent(made, made.getContentType());
		} else {
			take(message, toolkit.signEncapsulated(
			    entity, signer.generator()));
		}
	}

	private static void byGenerator(MimeMessage message, boolean detached,
	    MimeBodyPart entity, List<Signer> signers) throws Exception {
		if (detached) {
			MimeMultipart made =
			    generator(signers).generate(entity);
			message.setContent(made, made.getContentType());
		} else {
			take(message, generator(signers)
			    .generateEncapsulated(entity));
		}
	}

	private static void take(MimeMessage message, MimeBodyPart part)
	    throws Exception {
		message.setContent(part.getContent(), part.getContentType());
		message.setHeader("Content-Type", part.getContentType());
		message.setHeader("Content-Transfer-Encoding", "base64");
	}

	private static MimeMessage message(
	    String from, String to, String subject) throws Exception {
		MimeMessage message =
		    new MimeMessage(Session.getInstance(new Properties()));

		message.setFrom(new InternetAddress(from));
		message.setRecipient(
		    Message.RecipientType.TO, new InternetAddress(to));
		message.setSubject(subject);
		return message;
	}

	private static List<Signer> signers(String keys, String names)
	    throws Exception {
		List<Signer> signers = new java.util.ArrayList<>();

		for (String name : names.split("\\+")) {
			String[] words = name.split("-", 2);
			signers.add(new Signer(keys, words[0], words[1]));
		}
		return signers;
	}

	private static void make(String[] args, byte[] entity, String form)
	    throws Exception {
		MimeMessage message = message(args[1], args[2], form);
		MimeBodyPart part =
		    new MimeBodyPart(new ByteArrayInputStream(entity));
		String[] words = form.split("-", 3);
		List<Signer> signers = signers(args[4], words[2]);
		boolean detached = words[1].equals("detached");

		if (words[0].equals("toolkit"))
			byToolkit(message, detached, part, signers.get(0));
		else
			byGenerator(message, detached, part, signers);
		message.saveChanges();
		try (OutputStream out =
		    new FileOutputStream(args[0] + "/" + form + ".eml")) {
			message.writeTo(out);
		}
	}

	public static void main(String[] args) throws Exception {
		byte[] entity = Files.readAllBytes(Path.of(args[3]));

		Security.addProvider(new BouncyCastleProvider());
		for (String form : Arrays.copyOfRange(args, 5, args.length))
			make(args, entity, form);
	}
}
