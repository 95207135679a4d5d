#include <string.h>

#include <gio/gio.h>

#include "der.h"
#include "world.h"

#define PERSON(number, ...) \
	.cert = { .serial = 4711 + (number), \
		.mailboxes = WORLD_BUDI, \
		__VA_ARGS__ }
#define STRANGER_KEY PKI_KEY_OTHER

const WorldPerson world_people[WORLD_N_PEOPLE] = {
	[WORLD_RSA] = { "rsa", PERSON(0) },
	[WORLD_EC] = { "ec", PERSON(1, .key = PKI_KEY_LEAF_EC) },
	[WORLD_P384] = { "p384", PERSON(2, .key = PKI_KEY_P384) },
	[WORLD_P521] = { "p521", PERSON(3, .key = PKI_KEY_P521) },
	[WORLD_PSS] = { "pss", PERSON(4, .key = PKI_KEY_PSS) },
	[WORLD_UTF8_MAILBOX] = { "utf8",
	    .cert = { .serial = 4717, .mailboxes = "utf8:" WORLD_UTF8 } },
	[WORLD_SEVERAL_MAILBOXES] = { "several",
	    .cert = { .serial = 4718,
		.mailboxes = "a@x.example b@x.example " WORLD_BUDI
			     " utf8:" WORLD_UTF8 } },
	[WORLD_SUBJECT_MAILBOX] = { "subject",
	    .cert = { .serial = 4719, .email = WORLD_BUDI } },
	[WORLD_CONSTRAINED] = { "constrained", PERSON(9),
	    .issuer = WORLD_CA_CONSTRAINED },
	[WORLD_CONSTRAINED_OUT] = { "constrained-out",
	    .cert = { .serial = 4721, .mailboxes = "budi@x.example" },
	    .issuer = WORLD_CA_CONSTRAINED, .unfit = true },
	[WORLD_EXCLUDED_UTF8] = { "excluded-utf8",
	    .cert = { .serial = 4740, .mailboxes = "utf8:" WORLD_UTF8 },
	    .issuer = WORLD_CA_EXCLUDING, .unfit = true },
	[WORLD_SERVER] = { "server", PERSON(30),
	    .issuer = WORLD_CA_NOT_FOR_MAIL, .unfit = true },
	[WORLD_QUOTED_MAILBOX] = { "quoted",
	    .cert = { .serial = 4742,
		.mailboxes = "\"budi,s\\\"kom\"@daerah.example" } },
	[WORLD_NAMES_SOURCE] = { "source",
	    PERSON(11, .crl_url = "http://x.example/a.crl",
		.ocsp_url = "http://x.example/") },
	[WORLD_NO_MAILBOX] = { "no-mailbox", .cert = { .serial = 4723 } },
	[WORLD_REVOKED] = { "revoked", PERSON(13), .revoked = true },
	[WORLD_WEAK] = { "weak", PERSON(14, .key = PKI_KEY_WEAK) },
	[WORLD_SHA1_CERT] = { "sha1", PERSON(15, .digest = EVP_sha1) },
	[WORLD_ED25519] = { "ed25519", PERSON(16, .key = PKI_KEY_ED25519),
	    .unfit = true },
	[WORLD_KOBLITZ] = { "koblitz", PERSON(17, .key = PKI_KEY_KOBLITZ),
	    .unfit = true },
	[WORLD_NOT_FOR_MAIL] = { "not-for-mail",
	    PERSON(18, .eku = "clientAuth"), .unfit = true },
	[WORLD_UNKNOWN_EXTENSION] = { "unknown-extension",
	    PERSON(19, .unknown = "1.2.3.4"), .unfit = true },
	[WORLD_NOBODY] = { "nobody", PERSON(20), .issuer = WORLD_CA_STRANGER,
	    .unfit = true },
	[WORLD_FORGED] = { "forged", PERSON(21), .ca_key = STRANGER_KEY,
	    .unfit = true },
};

#define TEXT "Content-Type: text/plain\r\n"

static const char *const plain_contents[WORLD_N_CONTENTS] = {
	[WORLD_TEXT] = PKI_PART,
	[WORLD_PROTECTED] = "From: Budi <" WORLD_BUDI ">\r\n"
			    "Subject: Rapat\r\n"
			    "Content-Type: text/plain; hp=\"clear\"\r\n\r\n"
			    "Rapat besok.\r\n",
	[WORLD_PROTECTED_OTHER] = "From: Siti <siti@x.example>\r\n"
				  "Sender: " WORLD_BUDI "\r\n"
				  "Content-Type: text/plain; hp=\"cipher\""
				  "\r\n\r\nRapat lusa.\r\n",
	[WORLD_MESSAGE] =
	    "Content-Type: message/rfc822; forwarded=no\r\n\r\n" PKI_FROM
	    "Subject: Rapat\r\nMIME-Version: 1.0\r\n" TEXT "\r\nRapat.\r\n",
	[WORLD_MULTIPART] =
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	    "--b\r\n" TEXT "\r\nSatu.\r\n--b\r\n"
	    "Content-Type: text/html\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "<p>Dua=20\r\n--b--\r\n",
	[WORLD_EIGHT_BIT] = "Content-Type: text/plain; charset=utf-8\r\n"
			    "Content-Transfer-Encoding: 8bit\r\n\r\n"
			    "Pukul \xc2\xbd delapan. \r\n.\r\nFrom sini\r\n",
};

/* --- who signs --------------------------------------------------------------
 */

GBytes *
world_sign(const World *world, int person, const char *content, guint flags,
    guint flaws, const EVP_MD *(*digest)(void), bool whole)
{
	const WorldPerson *who = &world_people[person];
	X509 *issuer = world->authorities[who->issuer];
	PkiSigner signer = { .cert = world->people[person],
		.issuer = issuer,
		.key = who->cert.key != 0 ? who->cert.key : PKI_KEY_LEAF,
		.digest = digest,
		.flaws = flaws | (person == WORLD_PSS ? PKI_WITH_PSS : 0) };
	X509 *const certs[] = { world->people[person], whole ? issuer : NULL,
		NULL };
	PkiCms spec = { &signer, 1, certs, flags };

	return pki_cms(content, strlen(content), &spec);
}

static void
make_people(World *world)
{
	for (int i = 0; i < WORLD_N_PEOPLE; i++) {
		const WorldPerson *who = &world_people[i];
		PkiKey key = who->issuer == WORLD_CA_STRANGER ? STRANGER_KEY :
		    who->ca_key != 0                          ? who->ca_key :
								PKI_KEY_CA;

		world->people[i] =
		    pki_cert(&who->cert, world->authorities[who->issuer], key);
	}
}

static const PkiCert authorities[WORLD_N_AUTHORITIES] = {
	[WORLD_CA] = { .name = "CA Test", .serial = 2 },
	[WORLD_CA_CONSTRAINED] = { .name = "CA Daerah",
	    .serial = 3,
	    .names = "permitted;email:daerah.example" },
	[WORLD_CA_EXCLUDING] = { .name = "CA Lain",
	    .serial = 4,
	    .names = "excluded;email:lain.example" },
	[WORLD_CA_NOT_FOR_MAIL] = { .name = "CA Server",
	    .serial = 5,
	    .eku = "serverAuth" },
	[WORLD_CA_STRANGER] = { .name = "CA Asing",
	    .serial = 6,
	    .key = STRANGER_KEY },
};

static void
make_authorities(World *world)
{
	PkiCert root = { .name = "Root Test", .is_ca = true, .serial = 1 };

	world->root = pki_cert(&root, NULL, 0);
	for (int i = 0; i < WORLD_N_AUTHORITIES; i++) {
		PkiCert spec = authorities[i];
		bool stranger = i == WORLD_CA_STRANGER;

		spec.is_ca = true;
		world->authorities[i] = pki_cert(
		    &spec, stranger ? NULL : world->root, PKI_KEY_ROOT);
	}
}

/* --- who vouches for them ---------------------------------------------------
 */

static void
make_revocations(World *world)
{
	g_autofree char *folder = pki_folder_new();
	const char *paths[2] = { folder, NULL };
	g_autoptr(X509_CRL) of_people =
	    pki_crl(&(PkiCrl){ .revoked = world->people[WORLD_REVOKED] },
		world->authorities[WORLD_CA], PKI_KEY_CA);
	g_autoptr(X509_CRL) of_authorities =
	    pki_crl(&(PkiCrl){ 0 }, world->root, PKI_KEY_ROOT);

	g_free(pki_write_crl(folder, "people.pem", of_people));
	g_free(pki_write_crl(folder, "authorities.pem", of_authorities));
	for (int mode = REVOCATION_OFF; mode <= REVOCATION_REQUIRE; mode++) {
		world->revocations[mode] =
		    revocation_new_offline((RevocationMode)mode, paths, NULL);
		g_assert(world->revocations[mode] != NULL);
	}
	pki_folder_remove(folder);
}

/* --- what they sign ---------------------------------------------------------
 */

char *
world_part(GBytes *der, const char *smime_type)
{
	g_autofree char *base64 = pki_base64(der);

	return g_strconcat(
	    "Content-Type: application/pkcs7-mime; smime-type=", smime_type,
	    "; name=smime.p7m\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n",
	    base64, NULL);
}

/* RFC 1950 and 1951: one block that is stored as it is. */
static GByteArray *
stored(const char *content, gsize size)
{
	const guint8 head[] = { 0x78, 0x01, 0x01, (guint8)size,
		(guint8)(size >> 8), (guint8)~size, (guint8)(~size >> 8) };
	GByteArray *out =
	    g_byte_array_append(g_byte_array_new(), head, sizeof(head));
	guint a = 1, b = 0;

	for (gsize i = 0; i < size; i++) {
		a = (a + (guint8)content[i]) % 65521;
		b = (b + a) % 65521;
	}
	g_byte_array_append(out, (const guint8 *)content, (guint)size);
	return g_byte_array_append(out,
	    (const guint8[]){
		(guint8)(b >> 8), (guint8)b, (guint8)(a >> 8), (guint8)a },
	    4);
}

static GByteArray *
deflated(const char *content, gsize size)
{
	g_autoptr(GZlibCompressor) zlib =
	    g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9);
	GByteArray *out = g_byte_array_new();
	gsize read, written;

	g_byte_array_set_size(out, (guint)(size + 1024));
	g_assert(g_converter_convert(G_CONVERTER(zlib), content, size,
		     out->data, out->len, G_CONVERTER_INPUT_AT_END, &read,
		     &written, NULL) == G_CONVERTER_FINISHED);
	return g_byte_array_set_size(out, (guint)written);
}

/* inner (taken) in an element of that tag, behind the octets of head. */
static GByteArray *
wrapped(guint8 tag, const void *head, gsize size, GByteArray *inner)
{
	GByteArray *out;

	g_byte_array_prepend(inner, head, (guint)size);
	out = der_element(tag, inner->data, inner->len);
	g_byte_array_unref(inner);
	return out;
}

GBytes *
world_compress(const char *content, gsize size, bool deflate)
{
	static const guint8 compressed_data[] = { 6, 11, 0x2a, 0x86, 0x48, 0x86,
		0xf7, 0x0d, 1, 9, 16, 1, 9 };
	static const guint8 version_zlib[] = { 2, 1, 0, 0x30, 13, 6, 11, 0x2a,
		0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 3, 8 };
	static const guint8 data[] = { 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
		1, 7, 1 };
	GByteArray *out =
	    deflate ? deflated(content, size) : stored(content, size);

	g_assert(size <= G_MAXUINT16);
	out = wrapped(0xa0, NULL, 0, wrapped(0x04, NULL, 0, out));
	out = wrapped(0x30, data, sizeof(data), out);
	out = wrapped(0x30, version_zlib, sizeof(version_zlib), out);
	out = wrapped(0x30, compressed_data, sizeof(compressed_data),
	    wrapped(0xa0, NULL, 0, out));
	return g_byte_array_free_to_bytes(out);
}

/* The CA's certificate is signed anew in each process; so that contents are
 * the same in all, it is not in them. */
static void
make_contents(World *world)
{
	char **contents = world->contents;
	g_autoptr(GBytes) detached = NULL;
	g_autoptr(GBytes) opaque = NULL;
	g_autoptr(GBytes) compressed = NULL;

	for (int i = 0; i < WORLD_N_CONTENTS; i++)
		contents[i] = g_strdup(plain_contents[i]);
	detached = world_sign(world, WORLD_RSA, PKI_PART, 0, 0, NULL, false);
	opaque = world_sign(
	    world, WORLD_RSA, PKI_PART, PKI_CMS_ATTACHED, 0, NULL, false);
	contents[WORLD_SIGNED] = pki_detached("", PKI_PART, detached);
	contents[WORLD_SIGNED_OPAQUE] = world_part(opaque, "signed-data");
	compressed = world_compress(PKI_PART, strlen(PKI_PART), false);
	contents[WORLD_COMPRESSED] = world_part(compressed, "compressed-data");
	for (int i = 0; i < WORLD_N_CONTENTS; i++) {
		world->good[i][false] =
		    world_sign(world, WORLD_RSA, contents[i], 0, 0, NULL, true);
		world->good[i][true] = world_sign(world, WORLD_RSA, contents[i],
		    PKI_CMS_ATTACHED, 0, NULL, true);
	}
}

char *
world_good(const World *world, const char *header, int content, bool opaque)
{
	GBytes *cms = world->good[content][opaque];

	return opaque ? pki_opaque(header, cms) :
			pki_detached(header, world->contents[content], cms);
}

World *
world_new(void)
{
	World *world = g_new0(World, 1);

	make_authorities(world);
	make_people(world);
	world->trust = pki_trust(world->root, world->authorities[WORLD_CA]);
	make_revocations(world);
	make_contents(world);
	return world;
}

void
world_free(World *world)
{
	if (world == NULL)
		return;
	X509_free(world->root);
	for (int i = 0; i < WORLD_N_AUTHORITIES; i++)
		X509_free(world->authorities[i]);
	for (int i = 0; i < WORLD_N_PEOPLE; i++)
		X509_free(world->people[i]);
	for (int i = 0; i < WORLD_N_CONTENTS; i++) {
		g_free(world->contents[i]);
		g_bytes_unref(world->good[i][false]);
		g_bytes_unref(world->good[i][true]);
	}
	trust_unref(world->trust);
	for (int i = 0; i <= REVOCATION_REQUIRE; i++)
		revocation_unref(world->revocations[i]);
	g_free(world);
}
