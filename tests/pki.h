/*
 * pki - certificates, revocation lists, signatures and messages for tests,
 * good ones and such as nobody should accept.
 *
 * Everything is made in process with fixed keys, relative to the one moment
 * PKI_NOW: no files, no clock, no network.  CMS is written octet by octet and
 * not by OpenSSL's CMS functions, so that each rule of it can be broken alone
 * and the library under test is read by an independent writer.
 *
 * The keys are constants in pki.c; they protect nothing.
 *
 * Ownership: what returns a pointer gives it to the caller, but for pki_key(),
 * whose key lives as long as the process.  Trouble in here ends the process.
 * Not thread-safe.
 */
#ifndef TESTS_PKI_H
#define TESTS_PKI_H

#include <stdbool.h>

#include <glib.h>

#include "../smime/crl.h"
#include "../smime/mime.h"
#include "../smime/ossl.h"
#include "../smime/revocation.h"
#include "../smime/rope.h"
#include "../smime/trust.h"

/* 2026-03-01T00:00:00Z */
#define PKI_NOW G_GINT64_CONSTANT(1772323200)
#define PKI_DAY (24 * 60 * 60)
#define PKI_YEAR (365 * PKI_DAY)

typedef enum {
	PKI_KEY_ROOT,    /* P-256 */
	PKI_KEY_CA,      /* RSA, 2048 */
	PKI_KEY_LEAF,    /* RSA, 2048 */
	PKI_KEY_LEAF_EC, /* P-256 */
	PKI_KEY_OTHER,   /* P-256, of whoever has no business here */
	PKI_KEY_WEAK,    /* RSA, 1024 */
	PKI_KEY_KOBLITZ, /* secp256k1 */
	PKI_KEY_ED25519,
	PKI_KEY_P384,
	PKI_KEY_P521,
	PKI_KEY_PSS,        /* RSA-PSS, 2048, any digest */
	PKI_KEY_PSS_STRICT, /* SHA-384, MGF1 with SHA-256, salt of 64 */
	PKI_KEY_PSS_SHA1,   /* SHA-1, MGF1 with SHA-1 */
	PKI_N_KEYS
} PkiKey;

EVP_PKEY *pki_key(PkiKey which);
const char *pki_key_pem(PkiKey which);

/* --- certificates ------------------------------------------------------- */

/* Zeros give a certificate of a person who may sign mail. */
typedef struct {
	const char *name;        /* commonName; NULL: Budi Test */
	const char *email;       /* emailAddress in the subject */
	const char *mailboxes;   /* of subjectAltName, with spaces between;
	                            utf8:… is an SmtpUTF8Mailbox.  NULL: none */
	const char *key_usage;   /* as openssl.cnf has it; NULL: as usual,
	                            "": no such extension */
	const char *eku;         /* likewise */
	const char *constraints; /* basicConstraints, likewise */
	const char *names;       /* nameConstraints; NULL: none */
	const char *crl_url;     /* CRL distribution point */
	const char *points; /* other distribution points, as openssl.cnf has
	                       them */
	const char *ocsp_url;
	const char *access;   /* other authorityInfoAccess, likewise */
	const char *no_check; /* id-pkix-ocsp-nocheck, likewise */
	const char *policies; /* certificatePolicies, likewise */
	const char *mappings; /* policyMappings, likewise */
	const char *policy_constraints; /* likewise */
	const char *inhibit_any;        /* likewise */
	const char *sections; /* of an openssl.cnf that points may name */
	const char *unknown;  /* OID of an unknown critical extension */
	PkiKey key;           /* 0 is PKI_KEY_LEAF for a person */
	bool is_ca;
	bool no_key_ids; /* neither SKI nor AKI */
	bool eku_twice;
	gint64 from;  /* seconds from PKI_NOW; both 0: a year ago */
	gint64 until; /* and in a year */
	long serial;  /* 0: 4711 */
	const EVP_MD *(*digest)(void); /* NULL: SHA-256 */
	/* Called with argument before anything but the subject's usual names
	 * is there, to write what no honest CA would; NULL: not. */
	void (*edit)(X509 *cert, const void *argument);
	const void *argument;
} PkiCert;

/* issuer NULL: self-signed with its own key. */
X509 *pki_cert(const PkiCert *spec, X509 *issuer, PkiKey issuer_key);

/* Root, issuing CA and a leaf made as spec says; leaf's issuer is ca. */
typedef struct {
	X509 *root;
	X509 *ca;
	X509 *leaf;
	PkiKey leaf_key;
} Pki;

/* leaf NULL: RSA key, mailbox budi@daerah.example. */
Pki *pki_new(const PkiCert *leaf);
/* ca and leaf signed by keys which need not be their issuers'. */
Pki *pki_new_from(PkiCert root, PkiCert ca, PkiKey root_key,
    const PkiCert *leaf, PkiKey ca_key);
void pki_free(Pki *pki);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pki, pki_free)

/* --- revocation lists --------------------------------------------------- */

#define PKI_NO_NEXT_UPDATE G_MININT64

/* A line of a list. */
typedef struct {
	X509 *cert;
	int reason;          /* CRL_REASON_*; 0: none given */
	bool names_issuer;   /* of the certificate: certificateIssuer */
	const char *unknown; /* OID of an unknown critical extension */
} PkiEntry;

typedef struct {
	X509 *revoked;           /* lists its serial; NULL: nobody */
	int reason;              /* CRL_REASON_*; 0: none given */
	gint64 this_update;      /* seconds from PKI_NOW; 0: a day ago */
	gint64 next_update;      /* 0: in a week */
	const PkiEntry *entries; /* more of them */
	gsize n_entries;
	const char *idp;      /* issuing distribution point, as openssl.cnf
	                         has it; NULL: none */
	const char *sections; /* of an openssl.cnf that idp may name */
	const char *unknown;  /* OID of an unknown critical extension */
	long number;          /* 0: 7 */
	long base;            /* of a delta; 0: 6 */
	bool delta;
	bool no_number;
	bool wrong_key_id;             /* AKI of somebody else */
	const EVP_MD *(*digest)(void); /* NULL: SHA-256 */
} PkiCrl;

X509_CRL *pki_crl(const PkiCrl *spec, X509 *issuer, PkiKey issuer_key);

/* --- OCSP responses ------------------------------------------------------- */

typedef enum {
	PKI_OCSP_GOOD,
	PKI_OCSP_REVOKED,
	PKI_OCSP_UNKNOWN,
} PkiOcspStatus;

typedef enum {
	/* of a single response */
	PKI_OCSP_WRONG_NAME = 1 << 0, /* digest of another issuer's name */
	PKI_OCSP_WRONG_KEY = 1 << 1,  /* or key */
	PKI_OCSP_WRONG_SERIAL = 1 << 2,
	PKI_OCSP_BAD_TIME = 1 << 3, /* thisUpdate, or producedAt */
	/* of all of it */
	PKI_OCSP_BY_KEY = 1 << 4, /* is how it names the responder */
	PKI_OCSP_WRONG_SIGNATURE = 1 << 5,
	PKI_OCSP_WITH_PSS = 1 << 6,
	PKI_OCSP_VERSION_1 = 1 << 7, /* is said, where it need not be */
	PKI_OCSP_VERSION_2 = 1 << 8,
	PKI_OCSP_OTHER_TYPE = 1 << 9,  /* not id-pkix-ocsp-basic */
	PKI_OCSP_NO_BYTES = 1 << 10,   /* responseBytes are absent */
	PKI_OCSP_TRAILING = 1 << 11,   /* an octet after it */
	PKI_OCSP_INNER = 1 << 12,      /* one after the BasicOCSPResponse */
	PKI_OCSP_TRUNCATED = 1 << 13,  /* last octet absent */
	PKI_OCSP_INDEFINITE = 1 << 14, /* BER */
	PKI_OCSP_RAW_NONCE = 1 << 15,  /* not an OCTET STRING */
	PKI_OCSP_TWO_NONCES = 1 << 16,
} PkiOcspFlaw;

/* What is said of one certificate. */
typedef struct {
	X509 *cert;
	X509 *issuer; /* of cert */
	PkiOcspStatus status;
	int reason;         /* CRL_REASON_*; 0: none given */
	gint64 this_update; /* seconds from PKI_NOW; 0: an hour ago */
	gint64 next_update; /* 0: in a day */
	const EVP_MD *(*digest)(void); /* of the CertID; NULL: SHA-1 */
	const char *unknown; /* OID of an unknown critical extension */
	guint flaws;         /* PkiOcspFlaw */
} PkiSingle;

typedef struct {
	const PkiSingle *singles;
	gsize n_singles;
	X509 *responder;               /* whom it names */
	PkiKey key;                    /* with which it is signed */
	const EVP_MD *(*digest)(void); /* NULL: SHA-256 */
	X509 *const *certs;            /* up to the first NULL; may be NULL */
	gint64 produced_at; /* seconds from PKI_NOW; 0: an hour ago */
	const guchar *nonce;
	gsize nonce_size;
	const char *unknown; /* OID of an unknown critical extension */
	gsize n_unknown;     /* of them; 0: 1 */
	guint8 status;       /* of the response; else but 0 is all of it */
	guint flaws;         /* PkiOcspFlaw */
} PkiOcsp;

GBytes *pki_ocsp(const PkiOcsp *spec);

/* --- signatures --------------------------------------------------------- */

/* What is wrong with a SignerInfo. */
typedef enum {
	PKI_FLAW_NO_ATTRIBUTES = 1 << 0,
	PKI_FLAW_NO_CONTENT_TYPE = 1 << 1,
	PKI_FLAW_WRONG_CONTENT_TYPE = 1 << 2,
	PKI_FLAW_NO_DIGEST = 1 << 3,
	PKI_FLAW_WRONG_DIGEST = 1 << 4,
	PKI_FLAW_TWO_DIGESTS = 1 << 5, /* the attribute twice */
	PKI_FLAW_TWO_VALUES = 1 << 6,  /* in the one attribute */
	PKI_FLAW_TWO_TIMES = 1 << 7,
	PKI_FLAW_BAD_TIME = 1 << 8,        /* not a time at all */
	PKI_FLAW_WRONG_SIGNATURE = 1 << 9, /* one octet of it */
	PKI_FLAW_ESS_WRONG = 1 << 10,      /* names another certificate */
	PKI_FLAW_ESS_GARBAGE = 1 << 11,    /* no SigningCertificateV2 */
	PKI_FLAW_ESS_TWO_VALUES = 1 << 12, /* the same twice */
	PKI_FLAW_ESS_NO_NAMES = 1 << 13,   /* an empty list */
	/* what is in order, but less usual */
	PKI_WITH_ESS_CHAIN = 1 << 14, /* names the issuer too (RFC 5035, 5.4) */
	PKI_WITH_NO_ESS = 1 << 15,
	PKI_WITH_NO_TIME = 1 << 16,
	PKI_WITH_KEY_ID = 1 << 17, /* sid is the subjectKeyIdentifier */
	PKI_WITH_PSS = 1 << 18,
	PKI_WITH_UNKNOWN_ATTRIBUTE = 1 << 19,
	PKI_WITH_PROTECTION = 1 << 20, /* CMSAlgorithmProtection (RFC 6211) */
	/* which then is wrong */
	PKI_FLAW_PROTECTED_DIGEST = 1 << 21,    /* names another one */
	PKI_FLAW_PROTECTED_SIGNATURE = 1 << 22, /* likewise */
	PKI_FLAW_PROTECTED_MAC = 1 << 23,       /* of a MAC, not a signature */
	/* A good signature robbed of its attributes, which are the content now;
	 * of the first signer, with PKI_CMS_ATTACHED. */
	PKI_FLAW_ATTRIBUTES_AS_CONTENT = 1 << 24,
	PKI_WITH_ESS_V1 = 1 << 25, /* the signing certificate by SHA-1 (RFC
	                              2634, 5.4) */
} PkiSignerFlaw;

typedef struct {
	X509 *cert;
	X509 *issuer; /* for PKI_WITH_ESS_CHAIN and the wrong name */
	PkiKey key;
	const EVP_MD *(*digest)(void); /* NULL: SHA-256 */
	gint64 time;                   /* signingTime, seconds from PKI_NOW */
	guint flaws;
} PkiSigner;

typedef enum {
	PKI_CMS_ATTACHED = 1 << 0, /* with eContent */
	PKI_CMS_NO_CERTS = 1 << 1,
	PKI_CMS_INDEFINITE = 1 << 2, /* BER */
	PKI_CMS_TRAILING = 1 << 3,   /* an octet after it */
	PKI_CMS_TRUNCATED = 1 << 4,  /* last octet absent */
	PKI_CMS_TIMESTAMP = 1 << 5,  /* eContentType TSTInfo */
	PKI_CMS_CHUNKED = 1 << 6,    /* eContent as constructed string */
	PKI_CMS_NO_DIGESTS = 1 << 7, /* empty digestAlgorithms */
} PkiCmsFlag;

typedef struct {
	const PkiSigner *signers;
	gsize n_signers;
	X509 *const *certs; /* up to the first NULL; may be NULL */
	guint flags;        /* PkiCmsFlag */
} PkiCms;

GBytes *pki_cms(const void *content, gsize size, const PkiCms *spec);

/* Likewise, but what is attached as eContent is not what is signed, and of the
 * type content_type (a NID). */
GBytes *pki_cms_around(const void *content, gsize size, const PkiCms *spec,
    GBytes *attached, int content_type);
/* With revocation lists, up to the first NULL. */
GBytes *pki_cms_with_lists(const void *content, gsize size, const PkiCms *spec,
    X509_CRL *const *lists);
/* With other revocation information: whole RevocationInfoChoices, one after the
 * other. */
GBytes *pki_cms_with_other(
    const void *content, gsize size, const PkiCms *spec, GBytes *other);
/* RFC 5940: one that holds an OCSP response. */
GBytes *pki_other_ocsp(GBytes *response);

/* Signed by pki's leaf over content, with leaf and ca; flags PkiCmsFlag,
 * flaws PkiSignerFlaw. */
GBytes *pki_sign(const Pki *pki, const char *content, guint flags, guint flaws);

/* --- messages ------------------------------------------------------------ */

#define PKI_BOUNDARY "=_pki"
#define PKI_PART "Content-Type: text/plain\r\n\r\nSelamat pagi.\r\n"
#define PKI_FROM "From: Budi <budi@daerah.example>\r\n"

/* header (complete lines) and what makes cms over part a signed message. */
char *pki_detached(const char *header, const char *part, GBytes *cms);
char *pki_opaque(const char *header, GBytes *cms);

char *pki_base64(GBytes *octets);

/* A sealed spool of the octets as they are. */
Spool *pki_spool(const char *data, gsize size);

/* All of a sealed rope, which has no NUL; caller frees. */
char *pki_rope_text(const Rope *rope);

/* --- files --------------------------------------------------------------- */

/* A new folder of the test's own, and its removal with all that is in it. */
char *pki_folder_new(void);
void pki_folder_remove(const char *folder);

/* Each writes folder/name and gives its path. */
char *pki_write(
    const char *folder, const char *name, const char *text, gssize size);
char *pki_write_certs(const char *folder, const char *name, X509 *first,
    ...) G_GNUC_NULL_TERMINATED;
char *pki_write_crl(const char *folder, const char *name, X509_CRL *crl);
char *pki_write_key(const char *folder, const char *name, PkiKey key);

/* The same as DER. */
GBytes *pki_cert_der(X509 *cert);
GBytes *pki_crl_der(X509_CRL *crl);

/* The same with other entries (octets of DER), as nobody has signed it.  crl
 * has none itself. */
GBytes *pki_crl_with_entries(X509_CRL *crl, const GByteArray *entries);

/* As it would be read. */
Crl *pki_crl_parsed(X509_CRL *crl);

/* Trust in anchor (NULL: in nobody), and revocation by crl (NULL: none). */
Trust *pki_trust(X509 *anchor, X509 *intermediate);
Revocation *pki_revocation(RevocationMode mode, X509_CRL *crl);

#endif
