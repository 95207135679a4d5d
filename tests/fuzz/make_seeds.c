/*
 * make_seeds - writes the fuzzer's first inputs (input.h): messages of all
 * shapes, signed by the world's people.
 *
 *	make_seeds FOLDER
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"

#define BUDI_FROM "From: Budi <" WORLD_BUDI ">\r\nSubject: Rapat\r\n"
#define UTF8_FROM "From: " WORLD_UTF8 "\r\n"
#define QUOTED_FROM "From: \"budi,s\\\"kom\"@daerah.example\r\n"
#define SENDER "From: siti@x.example\r\nSender: " WORLD_BUDI "\r\n"

/* Octet 1: what the options allow; octet 3: keys of 1024 bits. */
#define OLD 0x08
#define BARE 0x10
#define EVIDENCE 0x20
#define SHORT_KEYS 0x10
#define HARD (REVOCATION_HARD << 6)
#define REQUIRE (REVOCATION_REQUIRE << 6)
#define OPAQUE 0x10

static const char *folder;

static void
write_seed(const char *name, const GString *seed)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autoptr(GError) error = NULL;

	if (!g_file_set_contents(path, seed->str, (gssize)seed->len, &error)) {
		fprintf(stderr, "make_seeds: %s\n", error->message);
		exit(EXIT_FAILURE);
	}
}

static GString *
head(InputForm form, guint options, guint subject, guint moment)
{
	const guint8 octets[INPUT_HEAD] = { (guint8)form, (guint8)options,
		(guint8)subject, (guint8)moment };

	return g_string_new_len((const char *)octets, INPUT_HEAD);
}

/* header and cms, which is taken. */
static void
write_cms(const char *name, GString *seed, const char *header, GBytes *cms)
{
	gsize size;
	const char *data = g_bytes_get_data(cms, &size);

	g_string_append(seed, header);
	g_string_append_c(seed, '\0');
	g_string_append_len(seed, data, (gssize)size);
	write_seed(name, seed);
	g_string_free(seed, TRUE);
	g_bytes_unref(cms);
}

/* --- who, and how ------------------------------------------------------------
 */

static void
write_people(const World *world)
{
	for (int i = 0; i < WORLD_N_PEOPLE; i++) {
		const WorldPerson *who = &world_people[i];
		const char *header = i == WORLD_UTF8_MAILBOX ? UTF8_FROM :
		    i == WORLD_SEVERAL_MAILBOXES             ? SENDER :
		    i == WORLD_QUOTED_MAILBOX                ? QUOTED_FROM :
							       BUDI_FROM;
		g_autofree char *detached =
		    g_strconcat("detached-", who->name, NULL);
		g_autofree char *opaque =
		    g_strconcat("opaque-", who->name, NULL);

		write_cms(detached,
		    head(INPUT_DETACHED, HARD | EVIDENCE | OLD | 1, WORLD_TEXT,
			SHORT_KEYS),
		    header,
		    world_sign(world, i, world->contents[WORLD_TEXT], 0, 0,
			NULL, true));
		write_cms(opaque, head(INPUT_OPAQUE, REQUIRE | 1, OPAQUE, 0),
		    header,
		    world_sign(world, i, world->contents[WORLD_PROTECTED],
			PKI_CMS_ATTACHED, 0, NULL, true));
	}
}

static void
write_contents(const World *world)
{
	for (int i = 0; i < WORLD_N_CONTENTS; i++) {
		g_autofree char *detached =
		    g_strdup_printf("content-%d-detached", i);
		g_autofree char *opaque =
		    g_strdup_printf("content-%d-opaque", i);
		g_autofree char *raw = g_strdup_printf("content-%d-raw", i);
		g_autofree char *text =
		    world_good(world, BUDI_FROM, i, i % 2 == 1);
		GString *seed = head(INPUT_RAW, HARD, 0, 0);

		write_cms(detached, head(INPUT_DETACHED, EVIDENCE, (guint)i, 0),
		    BUDI_FROM, g_bytes_ref(world->good[i][false]));
		write_cms(opaque, head(INPUT_OPAQUE, EVIDENCE, 0, 0), BUDI_FROM,
		    g_bytes_ref(world->good[i][true]));
		g_string_append(seed, text);
		write_seed(raw, seed);
		g_string_free(seed, TRUE);
	}
}

static const struct {
	const char *name;
	guint flags, flaws;
	const EVP_MD *(*digest)(void);
	guint options;
} variants[] = {
	{ "indefinite", PKI_CMS_INDEFINITE, 0, NULL, 0 },
	{ "chunked", PKI_CMS_ATTACHED | PKI_CMS_INDEFINITE | PKI_CMS_CHUNKED, 0,
	    NULL, 0 },
	{ "no-certificates", PKI_CMS_NO_CERTS, 0, NULL, 0 },
	{ "timestamp", PKI_CMS_TIMESTAMP, 0, NULL, 0 },
	{ "trailing", PKI_CMS_TRAILING, 0, NULL, 0 },
	{ "pss", 0, PKI_WITH_PSS, NULL, 0 },
	{ "key-id", 0, PKI_WITH_KEY_ID, NULL, 0 },
	{ "ess-chain", 0, PKI_WITH_ESS_CHAIN, NULL, 0 },
	{ "ess-v1", 0, PKI_WITH_ESS_V1, NULL, 0 },
	{ "no-ess", 0, PKI_WITH_NO_ESS, NULL, 0 },
	{ "no-time", 0, PKI_WITH_NO_TIME, NULL, 0 },
	{ "unknown-attribute", 0, PKI_WITH_UNKNOWN_ATTRIBUTE, NULL, 0 },
	{ "protection", 0, PKI_WITH_PROTECTION, NULL, 0 },
	{ "protection-pss", 0, PKI_WITH_PROTECTION | PKI_WITH_PSS, NULL, 0 },
	{ "protected-digest", 0,
	    PKI_WITH_PROTECTION | PKI_FLAW_PROTECTED_DIGEST, NULL, 0 },
	{ "protected-mac", 0, PKI_WITH_PROTECTION | PKI_FLAW_PROTECTED_MAC,
	    NULL, 0 },
	{ "bare", 0, PKI_FLAW_NO_ATTRIBUTES, NULL, BARE },
	{ "bare-refused", 0, PKI_FLAW_NO_ATTRIBUTES, NULL, 0 },
	{ "bare-sha1", 0, PKI_FLAW_NO_ATTRIBUTES, EVP_sha1, BARE | OLD },
	{ "attributes-as-content", PKI_CMS_ATTACHED,
	    PKI_FLAW_ATTRIBUTES_AS_CONTENT, NULL, BARE },
	{ "sha1", 0, 0, EVP_sha1, OLD },
	{ "md5", 0, 0, EVP_md5, 0 },
	{ "sha224", 0, 0, EVP_sha224, 0 },
	{ "sha384", 0, 0, EVP_sha384, 0 },
	{ "sha512", 0, 0, EVP_sha512, 0 },
	{ "two-digests", 0, PKI_FLAW_TWO_DIGESTS, NULL, 0 },
	{ "two-values", 0, PKI_FLAW_TWO_VALUES, NULL, 0 },
	{ "two-times", 0, PKI_FLAW_TWO_TIMES, NULL, 0 },
	{ "bad-time", 0, PKI_FLAW_BAD_TIME, NULL, 0 },
	{ "no-content-type", 0, PKI_FLAW_NO_CONTENT_TYPE, NULL, 0 },
	{ "wrong-content-type", 0, PKI_FLAW_WRONG_CONTENT_TYPE, NULL, 0 },
	{ "no-digest", 0, PKI_FLAW_NO_DIGEST, NULL, 0 },
	{ "wrong-digest", 0, PKI_FLAW_WRONG_DIGEST, NULL, 0 },
	{ "wrong-signature", 0, PKI_FLAW_WRONG_SIGNATURE, NULL, 0 },
	{ "ess-wrong", 0, PKI_FLAW_ESS_WRONG, NULL, 0 },
	{ "ess-garbage", 0, PKI_FLAW_ESS_GARBAGE, NULL, 0 },
	{ "ess-two-values", 0, PKI_FLAW_ESS_TWO_VALUES, NULL, 0 },
	{ "ess-no-names", 0, PKI_FLAW_ESS_NO_NAMES, NULL, 0 },
};

static void
write_variants(const World *world)
{
	for (gsize i = 0; i < G_N_ELEMENTS(variants); i++) {
		bool opaque = variants[i].flags & PKI_CMS_ATTACHED;

		write_cms(variants[i].name,
		    head(opaque ? INPUT_OPAQUE : INPUT_DETACHED,
			variants[i].options | EVIDENCE, WORLD_TEXT, 0),
		    BUDI_FROM,
		    world_sign(world, WORLD_RSA, world->contents[WORLD_TEXT],
			variants[i].flags, variants[i].flaws,
			variants[i].digest, true));
	}
}

/* --- several -----------------------------------------------------------------
 */

static void
write_several(const World *world, const char *name, gsize signers_wanted,
    gsize certs_wanted)
{
	PkiSigner signers[16];
	X509 *certs[80];
	PkiCms spec = { signers, signers_wanted, certs, 0 };
	const char *content = world->contents[WORLD_TEXT];

	g_assert(signers_wanted <= G_N_ELEMENTS(signers));
	g_assert(certs_wanted < G_N_ELEMENTS(certs));
	for (gsize i = 0; i < signers_wanted; i++)
		signers[i] = (PkiSigner){
			.cert =
			    world->people[i % 2 == 0 ? WORLD_EC : WORLD_RSA],
			.key = i % 2 == 0 ? PKI_KEY_LEAF_EC : PKI_KEY_LEAF,
			.flaws = i == 3 ? PKI_FLAW_WRONG_SIGNATURE : 0
		};
	for (gsize i = 0; i < certs_wanted; i++)
		certs[i] = i == 0 ? world->people[WORLD_EC] :
		    i == 1        ? world->people[WORLD_RSA] :
				    world->authorities[WORLD_CA];
	certs[certs_wanted] = NULL;
	write_cms(name, head(INPUT_DETACHED, HARD, WORLD_TEXT, 0), BUDI_FROM,
	    pki_cms(content, strlen(content), &spec));
}

#define CHAIN 10

/* More intermediates than a path may have. */
static void
write_long_path(const World *world)
{
	X509 *certs[CHAIN + 2] = { NULL };
	const char *content = world->contents[WORLD_TEXT];
	PkiSigner signer = { .key = PKI_KEY_LEAF_EC };
	PkiCms spec = { &signer, 1, certs, 0 };
	X509 *issuer = world->authorities[WORLD_CA];

	for (int i = 1; i <= CHAIN; i++) {
		g_autofree char *name = g_strdup_printf("CA %d", i);
		PkiCert ca = { .name = name,
			.serial = 50 + i,
			.key = PKI_KEY_ROOT,
			.is_ca = true };

		certs[i] =
		    pki_cert(&ca, issuer, i == 1 ? PKI_KEY_CA : PKI_KEY_ROOT);
		issuer = certs[i];
	}
	certs[0] = pki_cert(
	    &(PkiCert){
		.mailboxes = WORLD_BUDI, .serial = 50, .key = PKI_KEY_LEAF_EC },
	    issuer, PKI_KEY_ROOT);
	signer.cert = certs[0];
	write_cms("long-path", head(INPUT_DETACHED, 0, WORLD_TEXT, 0),
	    BUDI_FROM, pki_cms(content, strlen(content), &spec));
	for (int i = 0; i <= CHAIN; i++)
		X509_free(certs[i]);
}

/* --- other forms -------------------------------------------------------------
 */

static void
write_layers(const World *world)
{
	static const struct {
		const char *name;
		InputForm form;
	} layers[] = {
		{ "mixed", INPUT_MIXED },
		{ "forwarded", INPUT_FORWARDED },
		{ "signed", INPUT_SIGNED },
		{ "wrapped", INPUT_WRAPPED },
		{ "compressed", INPUT_COMPRESSED },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(layers); i++) {
		for (int opaque = 0; opaque <= 1; opaque++) {
			g_autofree char *name = g_strconcat(layers[i].name,
			    opaque ? "-opaque" : "-detached", NULL);

			write_cms(name,
			    head(layers[i].form, EVIDENCE,
				WORLD_TEXT | (opaque ? OPAQUE : 0), 0),
			    BUDI_FROM,
			    g_bytes_ref(world->good[WORLD_TEXT][opaque]));
		}
	}
}

static void
write_compressed(const World *world)
{
	for (int opaque = 0; opaque <= 1; opaque++) {
		g_autofree char *text =
		    world_good(world, "", WORLD_TEXT, opaque);

		write_cms(opaque ? "deflated-opaque" : "deflated-detached",
		    head(INPUT_OPAQUE, EVIDENCE, 0, 0), BUDI_FROM,
		    world_compress(text, strlen(text), true));
	}
	write_cms("deflated-text", head(INPUT_OPAQUE, EVIDENCE, 0, 0),
	    BUDI_FROM, world_compress(PKI_PART, strlen(PKI_PART), true));
}

static const struct {
	const char *name, *from, *sender, *type;
	guint options;
} headers[] = {
	{ "mailbox", "Budi <" WORLD_BUDI ">", "", "", 0 },
	{ "quoted", "\"Budi, S.Kom.\" (ketua) <" WORLD_BUDI ">", "", "", 0 },
	{ "encoded", "=?utf-8?q?B=C3=BCdi?= <" WORLD_BUDI ">", "", "", 0 },
	{ "encoded-empty", "=?utf-8?q?\?= =?koi8-r?b?\?= <" WORLD_BUDI ">", "",
	    "", 0 },
	{ "encoded-empty-quoted", "\"=?utf-8?q?\?=\" <" WORLD_BUDI ">", "", "",
	    0 },
	{ "encoded-quoted-pair",
	    "\"=\\?utf-8?q?siti=40x.example?=\" <" WORLD_BUDI ">", "", "", 0 },
	{ "encoded-in-pieces",
	    "\"=\"(x)\"?utf-8?q?B=C3=BCdi?=\" <" WORLD_BUDI ">", "", "", 0 },
	{ "encoded-comment", WORLD_BUDI " (=\\?iso-8859-1?b?QnVkaQ?=)", "", "",
	    0 },
	{ "encoded-charsets",
	    "=?iso-2022-jp?b?GyRC?= =?iso-2022-jp?q?=24=22?= "
	    "=?gb2312?q?=D5=C5?= <" WORLD_BUDI ">",
	    "", "", 0 },
	{ "address-as-name", "\"siti@x.example\" <" WORLD_BUDI ">", "", "", 0 },
	{ "group", "Dinas: " WORLD_BUDI ", siti@x.example;", "", "", 0 },
	{ "route", "<@x.example:" WORLD_BUDI ">", "", "", 0 },
	{ "quoted-local", "\"budi\"@daerah.example", "", "", 0 },
	{ "literal", "budi@[192.0.2.1]", "", "", 0 },
	{ "idn", "budi@b\xc3\xbc.example, budi@xn--b-eha.example", "", "", 0 },
	{ "two", WORLD_BUDI ", siti@x.example", WORLD_BUDI, "", 1 },
	{ "sender", "siti@x.example", "Budi <" WORLD_BUDI ">", "", 1 },
	{ "folded", "Budi\r\n <budi\r\n @daerah.example>", "", "", 0 },
	{ "forged",
	    WORLD_BUDI "\r\nAuthentication-Results: mx.kab.go.id;\r\n"
		       "\tsmime=pass body.smime-identifier=" WORLD_BUDI,
	    "", "", 0 },
	{ "loose",
	    WORLD_BUDI "\r\nAuthentication-Results: mx.kab.go.id;\r\n"
		       "\tdkim=pass reason=\"smime=pass\" (smime=pass)",
	    "", "", 0 },
};

#define SIGNED_TYPE \
	"multipart/signed; protocol=\"application/pkcs7-signature\"; " \
	"micalg=sha-256; boundary=\"" PKI_BOUNDARY "\""

static void
write_header(const char *name, guint options, guint subject, const char *from,
    const char *sender, const char *type)
{
	g_autofree char *file = g_strconcat("header-", name, NULL);
	GString *seed = head(INPUT_HEADER, options, subject, 0);

	g_string_append(seed, from);
	g_string_append_c(seed, '\0');
	g_string_append(seed, sender);
	g_string_append_c(seed, '\0');
	g_string_append(seed, type);
	write_seed(file, seed);
	g_string_free(seed, TRUE);
}

static const char *const types[] = {
	"multipart/signed; boundary=\"" PKI_BOUNDARY "\"",
	"multipart/signed; protocol=application/x-pkcs7-signature;"
	" boundary*0=\"=_\"; boundary*1=pki",
	"multipart/signed; protocol*=utf-8'id'application%2Fpkcs7-signature;"
	" boundary*=us-ascii''%3D_pki",
	"multipart/signed (c); boundary=\"" PKI_BOUNDARY "\" ; x",
	"multipart/signed; boundary=\"=_p\\ki\"; boundary=y",
	"multipart/mixed; boundary=\"" PKI_BOUNDARY "\"",
	"multipart/encrypted; protocol=application/pgp-encrypted;"
	" boundary=\"" PKI_BOUNDARY "\"",
	"multipart/signed; protocol=application/pgp-signature; micalg=pgp-sha1;"
	" boundary=\"" PKI_BOUNDARY "\"",
};

static const char *const opaque_types[] = {
	"application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
	"application/x-pkcs7-mime; smime-type=\"enveloped-data\"",
	"application/octet-stream; name=\"smime.p7m\"",
	"APPLICATION/pkcs7-mime; smime-type=compressed-data;\r\n\tname*0=s",
};

static void
write_headers(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(headers); i++)
		write_header(headers[i].name, headers[i].options | EVIDENCE,
		    WORLD_TEXT, headers[i].from, headers[i].sender,
		    headers[i].type[0] != '\0' ? headers[i].type : SIGNED_TYPE);
	for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
		g_autofree char *name = g_strdup_printf("type-%zu", i);

		write_header(name, 0, WORLD_TEXT, WORLD_BUDI, "", types[i]);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(opaque_types); i++) {
		g_autofree char *name = g_strdup_printf("opaque-type-%zu", i);

		write_header(name, 0, WORLD_TEXT | OPAQUE, WORLD_BUDI, "",
		    opaque_types[i]);
	}
}

/* --- file names ---------------------------------------------------------- */

/* What a good message's part with the signature, or the message that is one,
 * may say instead of "; name=smime.p7s", or p7m; %s stands for the ending. */
static const char *const file_names[] = {
	"; name=\"SMIME.%s\"",
	"; name*=us-ascii''smime%2e%s",
	"; name*0*=utf-8'id'smi; name*1=me.; name*2=%s",
	"; name*0=smime; name*1=.%s",
	"; name=\"=?utf-8?q?smime?= =?utf-8?b?Lg==?=%s\"",
	"; name*=utf-8'id'surat%C3%BC.%s; name=\"surat\xc3\xbc.%s\"",
	"; name=\"=?utf-8?q?smime=2E%s?=\"",
	"; name=smime.%s; x-unix-mode=0644",
	"\r\nContent-Disposition: attachment; filename=\"smime.%s\"",
	"\r\nContent-Disposition: attachment;\r\n"
	" filename*=iso-8859-1''smime.%s; size=1",
	"\r\nContent-Disposition: inline; filename*0=\"smime\";"
	" filename*1=\".%s\"",
	"\r\nContent-Description: smime.%s\r\nContent-Name: smime.%s",
	"; name=faktur.zip; x=%s",
};

static void
write_file_names(const World *world)
{
	for (gsize i = 0; i < 2 * G_N_ELEMENTS(file_names); i++) {
		bool opaque = i % 2 == 1;
		const char *ending = opaque ? "p7m" : "p7s";
		g_autofree char *file = g_strdup_printf("file-name-%zu", i);
		g_autofree char *text =
		    world_good(world, BUDI_FROM, WORLD_TEXT, opaque);
		g_autofree char *plain =
		    g_strdup_printf("name=smime.%s", ending);
		const char *name = strstr(text, plain);
		const char *start = g_strrstr_len(text, name - text, ";");
		GString *seed = head(INPUT_RAW, EVIDENCE, 0, 0);
		g_auto(GStrv) pieces = g_strsplit(file_names[i / 2], "%s", -1);
		g_autofree char *other = g_strjoinv(ending, pieces);

		g_string_append_len(seed, text, start - text);
		g_string_append(seed, other);
		g_string_append(seed, name + strlen(plain));
		write_seed(file, seed);
		g_string_free(seed, TRUE);
	}
}

/* --- other texts --------------------------------------------------------- */

#define SIGNED_HEADER \
	PKI_FROM "MIME-Version: 1.0\r\nContent-Type: " SIGNED_TYPE "\r\n\r\n"
#define PART "--" PKI_BOUNDARY "\r\n"
#define CLOSE "--" PKI_BOUNDARY "--\r\n"
#define P7S "Content-Type: application/pkcs7-signature\r\n"

/* Messages that need neither key nor base64. */
static const char *const texts[] = {
	PKI_FROM "\r\nSelamat pagi.\r\n",
	PKI_FROM "MIME-Version: 1.0 (x)\r\nContent-Type: multipart/mixed;\r\n"
		 " boundary=a\r\n\r\n--a\r\nContent-Type: multipart/digest;"
		 " boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\nisi\r\n--b--"
		 "\r\n\r\n--a\r\nContent-Type: message/rfc822\r\n\r\n" PKI_FROM
		 "\r\nisi\r\n--a--\r\n",
	PKI_FROM
	"MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime;\r\n"
	" smime-type=signed-data\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	"0=80=06=09*=86H=86=F7=0D=01=07=02=A0=80=\r\n0=80\r\n",
	SIGNED_HEADER PART "\r\nsatu\r\n" PART "\r\ndua\r\n" PART P7S
			   "\r\n\r\n" CLOSE,
	SIGNED_HEADER PART "\r\nsatu\r\n" PART "\r\ndua\r\n" CLOSE,
	SIGNED_HEADER PART "\r\nsatu\r\n" PART P7S P7S "\r\nMIAG\r\n" CLOSE
			   "lagi",
};

static void
write_texts(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *name = g_strdup_printf("text-%zu", i);
		GString *seed = head(INPUT_RAW, 0, 0, 0);

		g_string_append(seed, texts[i]);
		write_seed(name, seed);
		g_string_free(seed, TRUE);
	}
}

/* More of something than a message may have: before a text, between, after. */
static void
write_many(const char *name, const char *before, const char *unit, gsize count,
    const char *after)
{
	GString *seed = head(INPUT_RAW, 0, 0, 0);

	g_string_append(seed, before);
	while (count-- > 0)
		g_string_append(seed, unit);
	g_string_append(seed, after);
	write_seed(name, seed);
	g_string_free(seed, TRUE);
}

static void
write_limits(void)
{
	write_many("many-parts", SIGNED_HEADER, PART "\r\n", MIME_MAX_PARTS + 1,
	    CLOSE);
	write_many("many-prefixed", SIGNED_HEADER PART "\r\n",
	    "--" PKI_BOUNDARY "x\r\n", MIME_MAX_PREFIXED + 1, CLOSE);
	write_many("deep", SIGNED_HEADER PART,
	    "Content-Type: message/rfc822\r\n\r\n", MIME_MAX_DEPTH + 1,
	    "\r\n" CLOSE);
}

int
main(int argc, char **argv)
{
	g_autoptr(World) world = NULL;

	if (argc != 2) {
		fprintf(stderr, "usage: make_seeds FOLDER\n");
		return 64;
	}
	folder = argv[1];
	world = world_new();
	write_people(world);
	write_contents(world);
	write_variants(world);
	write_cms("attached", head(INPUT_DETACHED, 0, WORLD_TEXT, 0), BUDI_FROM,
	    g_bytes_ref(world->good[WORLD_TEXT][true]));
	write_several(world, "two-signers", 2, 3);
	write_several(world, "eight-signers", 8, 3);
	write_several(world, "nine-signers", 9, 3);
	write_several(world, "many-certificates", 1, 20);
	write_long_path(world);
	write_layers(world);
	write_compressed(world);
	write_headers();
	write_file_names(world);
	write_texts();
	write_limits();
	return EXIT_SUCCESS;
}
