#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/error.h"
#include "../../smime/fetch_guard.h"

/* --- addresses ----------------------------------------------------------- */

Test(ip_address, text)
{
	static const struct {
		const char *text;
		const char *normal; /* NULL: no address */
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "::1", "::1" },
		{ "2001:DB8:0:0::A", "2001:db8::a" },
		{ "::ffff:127.0.0.1", "127.0.0.1" },
		{ "::FFFF:7f00:1", "127.0.0.1" },
		{ "::127.0.0.1", "::127.0.0.1" },
		{ "", NULL },
		{ "127.1", NULL },
		{ "127.0.0.1.", NULL },
		{ "0x7f.0.0.1", NULL },
		{ "0x7f000001", NULL },
		{ "2130706433", NULL },
		{ "0177.0.0.1", NULL },
		{ "127.0.0.01", NULL },
		{ "256.0.0.1", NULL },
		{ " 127.0.0.1", NULL },
		{ "127.0.0.1 ", NULL },
		{ "[::1]", NULL },
		{ "fe80::1%eth0", NULL },
		{ "::1::", NULL },
		{ ":::", NULL },
		{ "1:2:3:4:5:6:7:8:9", NULL },
		{ "12345::", NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		IpAddress address;
		g_autofree char *text = NULL;

		cr_expect_eq(ip_address_parse(cases[i].text, &address),
		    cases[i].normal != NULL, "%s", cases[i].text);
		if (cases[i].normal == NULL)
			continue;
		text = ip_address_text(&address);
		cr_expect_str_eq(text, cases[i].normal);
	}
}

Test(ip_address, networks)
{
	static const struct {
		const char *network;
		const char *inside;  /* NULL: no network */
		const char *outside; /* NULL: nothing is */
	} cases[] = {
		{ "10.1.0.0/16", "10.1.255.255", "10.2.0.0" },
		{ "10.1.0.0/16", "::ffff:10.1.2.3", "::10.1.2.3" },
		{ "10.1.2.3", "10.1.2.3", "10.1.2.2" },
		{ "10.1.2.3/32", "10.1.2.3", "10.1.2.4" },
		{ "10.1.2.2/31", "10.1.2.3", "10.1.2.4" },
		{ "128.0.0.0/1", "255.1.1.1", "127.255.255.255" },
		{ "0.0.0.0/0", "255.1.1.1", "::1" },
		{ "::/0", "fd00::1", "127.0.0.1" },
		{ "fd00::/8", "fdff::1", "fc00::1" },
		{ "2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::" },
		{ "::1", "::1", "::" },
		{ "::ffff:10.1.0.0/112", "10.1.9.9", "10.2.0.0" },
		{ "", NULL, NULL },
		{ "10.1.0.1/16", NULL, NULL },
		{ "10.1.0.0/33", NULL, NULL },
		{ "10.1.0.0/", NULL, NULL },
		{ "10.1.0.0/-1", NULL, NULL },
		{ "10.1.0.0/+8", NULL, NULL },
		{ "10.1.0.0/16/1", NULL, NULL },
		{ "10.1.0.0/16 ", NULL, NULL },
		{ "10.1/16", NULL, NULL },
		{ "fd00::/129", NULL, NULL },
		{ "fd00::1/8", NULL, NULL },
		{ "/8", NULL, NULL },
		{ "example.org", NULL, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		IpNetwork network;
		IpAddress address;

		cr_assert_eq(ip_network_parse(cases[i].network, &network),
		    cases[i].inside != NULL, "%s", cases[i].network);
		if (cases[i].inside == NULL)
			continue;
		cr_assert(ip_address_parse(cases[i].inside, &address));
		cr_expect(ip_network_has(&network, &address), "%s in %s",
		    cases[i].inside, cases[i].network);
		cr_assert(ip_address_parse(cases[i].outside, &address));
		cr_expect_not(ip_network_has(&network, &address), "%s in %s",
		    cases[i].outside, cases[i].network);
	}
}

/* --- the guard's addresses ----------------------------------------------- */

static FetchGuard *
guard_for(const char *const *networks)
{
	const FetchRules rules = { .allow_networks = networks };
	FetchGuard *guard = fetch_guard_new(&rules, NULL);

	cr_assert(guard != NULL);
	return guard;
}

static void
expect_address(const FetchGuard *guard, const char *text, const char *why)
{
	g_autoptr(GError) error = NULL;
	IpAddress address;

	cr_assert(ip_address_parse(text, &address), "%s", text);
	cr_expect_eq(fetch_guard_check_address(guard, &address, &error),
	    why == NULL, "%s", text);
	if (why == NULL || error == NULL)
		return;
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_NOT_ALLOWED));
	cr_expect(strstr(error->message, why) != NULL, "%s: %s", text,
	    error->message);
}

/* The first and the last of each network, and their neighbours. */
Test(fetch_guard, addresses)
{
	static const struct {
		const char *address;
		const char *why; /* NULL: may be asked */
	} cases[] = {
		{ "0.0.0.0", "this network" },
		{ "0.255.255.255", "this network" },
		{ "1.0.0.0", NULL },
		{ "9.255.255.255", NULL },
		{ "10.0.0.0", "private" },
		{ "10.255.255.255", "private" },
		{ "11.0.0.0", NULL },
		{ "100.63.255.255", NULL },
		{ "100.64.0.0", "shared" },
		{ "100.127.255.255", "shared" },
		{ "100.128.0.0", NULL },
		{ "126.255.255.255", NULL },
		{ "127.0.0.0", "loopback" },
		{ "127.255.255.255", "loopback" },
		{ "128.0.0.0", NULL },
		{ "169.253.255.255", NULL },
		{ "169.254.169.254", "link-local" },
		{ "169.255.0.0", NULL },
		{ "172.15.255.255", NULL },
		{ "172.16.0.0", "private" },
		{ "172.31.255.255", "private" },
		{ "172.32.0.0", NULL },
		{ "192.0.0.0", "protocols" },
		{ "192.0.1.0", NULL },
		{ "192.0.2.1", "documentation" },
		{ "192.88.99.1", "6to4" },
		{ "192.167.255.255", NULL },
		{ "192.168.0.0", "private" },
		{ "192.168.255.255", "private" },
		{ "192.169.0.0", NULL },
		{ "198.17.255.255", NULL },
		{ "198.18.0.0", "measurements" },
		{ "198.19.255.255", "measurements" },
		{ "198.20.0.0", NULL },
		{ "198.51.100.1", "documentation" },
		{ "203.0.113.1", "documentation" },
		{ "223.255.255.255", NULL },
		{ "224.0.0.0", "multicast" },
		{ "239.255.255.255", "multicast" },
		{ "240.0.0.0", "reserved" },
		{ "255.255.255.255", "reserved" },
		{ "::", "unspecified" },
		{ "::1", "loopback" },
		{ "::2", "reserved" },
		{ "::127.0.0.1", "reserved" },
		{ "::8.8.8.8", "reserved" },
		{ "::ffff:127.0.0.1", "loopback" },
		{ "::ffff:8.8.8.8", NULL },
		{ "::ffff:0:8.8.8.8", "reserved" },
		{ "64:ff9b::127.0.0.1", "loopback" },
		{ "64:ff9b::10.0.0.1", "private" },
		{ "64:ff9b::8.8.8.8", NULL },
		{ "64:ff9b:1::8.8.8.8", "NAT64" },
		{ "64:ff9b:2::1", "reserved" },
		{ "100::1", "reserved" },
		{ "1fff:ffff::", "reserved" },
		{ "2000::", NULL },
		{ "2001::1", "protocols" },
		{ "2001:1ff:ffff::", "protocols" },
		{ "2001:200::1", NULL },
		{ "2001:db8::1", "documentation" },
		{ "2002:7f00:1::", "loopback" },
		{ "2002:c0a8:101::1", "private" },
		{ "2002:808:808::1", NULL },
		{ "2400:cb00::1", NULL },
		{ "3ffe::1", NULL },
		{ "3fff::1", "documentation" },
		{ "3fff:1000::1", NULL },
		{ "4000::", "reserved" },
		{ "fbff::1", "reserved" },
		{ "fc00::1", "private" },
		{ "fdff::1", "private" },
		{ "fe00::1", "reserved" },
		{ "fe80::1", "link-local" },
		{ "febf::1", "link-local" },
		{ "fec0::1", "site-local" },
		{ "ff00::1", "multicast" },
		{ "ffff::1", "multicast" },
	};
	g_autoptr(FetchGuard) guard = guard_for(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		expect_address(guard, cases[i].address, cases[i].why);
}

Test(fetch_guard, allowed_networks)
{
	static const char *const networks[] = { "10.1.0.0/16", "127.0.0.1",
		"fd00:1::/32", "64:ff9b::192.168.7.7", NULL };
	static const struct {
		const char *address;
		const char *why;
	} cases[] = {
		{ "10.1.2.3", NULL },
		{ "10.2.0.1", "private" },
		{ "127.0.0.1", NULL },
		{ "127.0.0.2", "loopback" },
		{ "::ffff:127.0.0.1", NULL },
		{ "::1", "loopback" },
		{ "fd00:1:2::3", NULL },
		{ "fd00:2::3", "private" },
		{ "64:ff9b::10.1.2.3", NULL },
		{ "64:ff9b::10.2.0.1", "private" },
		{ "64:ff9b::192.168.7.7", NULL },
		{ "64:ff9b::192.168.7.8", "private" },
		{ "192.168.7.7", "private" },
		{ "2002:a01:203::1", NULL },
		{ "8.8.8.8", NULL },
	};
	g_autoptr(FetchGuard) guard = guard_for(networks);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		expect_address(guard, cases[i].address, cases[i].why);
}

/* --- URLs ---------------------------------------------------------------- */

static void
expect_url(const char *text, const char *authority, const char *target)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(FetchUrl) url = fetch_url_parse(text, &error);
	g_autofree char *host = fetch_host(text);

	if (authority == NULL) {
		cr_expect(url == NULL, "%s", text);
		cr_expect(host == NULL, "%s", text);
		cr_expect(g_error_matches(
			      error, SMIME_ERROR, SMIME_ERROR_NOT_ALLOWED),
		    "%s", text);
		return;
	}
	cr_assert(url != NULL, "%s: %s", text, error->message);
	cr_expect_str_eq(host, authority);
	cr_expect_str_eq(url->target, target);
}

Test(fetch_guard, urls)
{
	static const struct {
		const char *url;
		const char *authority; /* NULL: refused */
		const char *target;
	} cases[] = {
		{ "http://ocsp.bsre.id", "ocsp.bsre.id:80", "/" },
		{ "http://ocsp.bsre.id/", "ocsp.bsre.id:80", "/" },
		{ "HTTPS://OCSP.BSrE.id/A%20b", "ocsp.bsre.id:443", "/A%20b" },
		{ "http://ocsp.bsre.id./x", "ocsp.bsre.id:80", "/x" },
		{ "http://a.example:8080/x?y=z&a/b#c", "a.example:8080",
		    "/x?y=z&a/b" },
		{ "http://a.example?x", "a.example:80", "/?x" },
		{ "http://a.example#x", "a.example:80", "/" },
		{ "http://a.example:/x", "a.example:80", "/x" },
		{ "http://a.example:0080/", "a.example:80", "/" },
		{ "http://a.example/x//y/../z", "a.example:80", "/x//y/../z" },
		{ "http://a.example/x@y", "a.example:80", "/x@y" },
		{ "http://xn--bcher-kva.example/", "xn--bcher-kva.example:80",
		    "/" },
		{ "http://1and1.3com/", "1and1.3com:80", "/" },
		{ "http://crl/", "crl:80", "/" },
		{ "http://192.0.2.1/", "192.0.2.1:80", "/" },
		{ "http://192.0.2.1./", "192.0.2.1:80", "/" },
		{ "http://[2001:DB8::1]/", "[2001:db8::1]:80", "/" },
		{ "https://[2001:db8::1]:8443/", "[2001:db8::1]:8443", "/" },
		{ "http://[::ffff:127.0.0.1]/", "127.0.0.1:80", "/" },
		{ "", NULL, NULL },
		{ "/", NULL, NULL },
		{ "ocsp.bsre.id", NULL, NULL },
		{ "//ocsp.bsre.id/", NULL, NULL },
		{ "http:/ocsp.bsre.id/", NULL, NULL },
		{ "http://", NULL, NULL },
		{ "http:///x", NULL, NULL },
		{ "http://:80/", NULL, NULL },
		{ "ldap://ocsp.bsre.id/", NULL, NULL },
		{ "ftp://ocsp.bsre.id/", NULL, NULL },
		{ "file:///etc/passwd", NULL, NULL },
		{ "gopher://ocsp.bsre.id/", NULL, NULL },
		{ "httpx://ocsp.bsre.id/", NULL, NULL },
		{ " http://ocsp.bsre.id/", NULL, NULL },
		{ "http://ocsp.bsre.id/ ", NULL, NULL },
		{ "http://ocsp.bsre.id/a b", NULL, NULL },
		{ "http://ocsp.bsre.id/\r\nHost: x", NULL, NULL },
		{ "http://ocsp.bsre.id/\x7f", NULL, NULL },
		{ "http://ocsp.bsre.id/\xc3\xbc", NULL, NULL },
		{ "http://ocsp.bsre.id/%", NULL, NULL },
		{ "http://ocsp.bsre.id/%2", NULL, NULL },
		{ "http://ocsp.bsre.id/%0g", NULL, NULL },
		{ "http://ocsp.bsre.id\\@evil.example/", NULL, NULL },
		{ "http://user@ocsp.bsre.id/", NULL, NULL },
		{ "http://user:x@ocsp.bsre.id/", NULL, NULL },
		{ "http://@ocsp.bsre.id/", NULL, NULL },
		{ "http://a.example:80@ocsp.bsre.id/", NULL, NULL },
		{ "http://a.example:0/", NULL, NULL },
		{ "http://a.example:65536/", NULL, NULL },
		{ "http://a.example:+80/", NULL, NULL },
		{ "http://a.example:-1/", NULL, NULL },
		{ "http://a.example:80a/", NULL, NULL },
		{ "http://a.example:80:80/", NULL, NULL },
		{ "http://a..example/", NULL, NULL },
		{ "http://.a.example/", NULL, NULL },
		{ "http://a.example../", NULL, NULL },
		{ "http://./", NULL, NULL },
		{ "http://-a.example/", NULL, NULL },
		{ "http://a-.example/", NULL, NULL },
		{ "http://a_b.example/", NULL, NULL },
		{ "http://*.example/", NULL, NULL },
		{ "http://b\xc3\xbc"
		  "cher.example/",
		    NULL, NULL },
		{ "http://a%2eexample/", NULL, NULL },
		{ "http://127.1/", NULL, NULL },
		{ "http://0x7f.1/", NULL, NULL },
		{ "http://0x7f000001/", NULL, NULL },
		{ "http://0X7F.0.0.0X1/", NULL, NULL },
		{ "http://127.0.0.0x1/", NULL, NULL },
		{ "http://2130706433/", NULL, NULL },
		{ "http://017700000001/", NULL, NULL },
		{ "http://0177.0.0.1/", NULL, NULL },
		{ "http://1.2.3.4.5/", NULL, NULL },
		{ "http://256.1.1.1/", NULL, NULL },
		{ "http://a.1/", NULL, NULL },
		{ "http://a.1./", NULL, NULL },
		{ "http://::1/", NULL, NULL },
		{ "http://[::1/", NULL, NULL },
		{ "http://::1]/", NULL, NULL },
		{ "http://[]/", NULL, NULL },
		{ "http://[192.0.2.1]/", NULL, NULL },
		{ "http://[a.example]/", NULL, NULL },
		{ "http://[fe80::1%25eth0]/", NULL, NULL },
		{ "http://[v1.x]/", NULL, NULL },
		{ "http://[::1]x/", NULL, NULL },
		{ "http://[::1].example/", NULL, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		expect_url(cases[i].url, cases[i].authority, cases[i].target);
}

/* The limits of RFC 1035, section 2.3.4, and ours; each with one octet more. */
Test(fetch_guard, long_urls)
{
	g_autofree char *label = g_strnfill(63, 'a');
	g_autofree char *name = g_strconcat(
	    label, ".", label, ".", label, ".", label + 2, NULL); /* 253 */
	g_autofree char *longest = g_strconcat("http://", name, "/", NULL);
	g_autofree char *longer = g_strconcat("http://", name, "a/", NULL);
	g_autofree char *label64 =
	    g_strconcat("http://a", label, ".example/", NULL);
	g_autofree char *many = g_strnfill(FETCH_MAX_URL, 'x');
	g_autofree char *full = NULL;
	g_autofree char *over = NULL;
	g_autoptr(FetchUrl) url = NULL;

	memcpy(many, "http://a/", 9);
	full = g_strdup(many);
	over = g_strconcat(many, "x", NULL);
	cr_assert_eq(strlen(name), 253);
	url = fetch_url_parse(longest, NULL);
	cr_expect(url != NULL);
	expect_url(longer, NULL, NULL);
	expect_url(label64, NULL, NULL);
	expect_url(full, "a:80", many + 8);
	expect_url(over, NULL, NULL);
}

Test(fetch_guard, redirects)
{
	static const struct {
		const char *base;
		const char *location;
		const char *authority; /* NULL: refused */
		const char *target;
		bool is_https;
	} cases[] = {
		{ "http://a/x/y?z", "http://b.example/c", "b.example:80", "/c",
		    false },
		{ "http://a/x/y?z", "https://b.example", "b.example:443", "/",
		    true },
		{ "http://a/x/y?z", "/c", "a:80", "/c", false },
		{ "http://a:8080/x/y?z", "/c", "a:8080", "/c", false },
		{ "http://a:443/x", "/c", "a:443", "/c", false },
		{ "https://a:80/x", "/c", "a:80", "/c", true },
		{ "http://a/x/y?z", "c", "a:80", "/x/c", false },
		{ "http://a/x/y?z", "../c", "a:80", "/c", false },
		{ "http://a/x/y?z", "?c", "a:80", "/x/y?c", false },
		{ "http://a/x/y?z", "//b/c", "b:80", "/c", false },
		{ "http://[2001:db8::1]:81/x", "/c", "[2001:db8::1]:81", "/c",
		    false },
		{ "http://a/x", "/c%2Fd#e", "a:80", "/c%2Fd", false },
		{ "https://a/x", "//b/c", "b:443", "/c", true },
		{ "https://a/x", "http://a/x", NULL, NULL, false },
		{ "https://a/x", "HTTP://a/x", NULL, NULL, false },
		{ "http://a/x", "ftp://b/c", NULL, NULL, false },
		{ "http://a/x", "file:///etc/passwd", NULL, NULL, false },
		{ "http://a/x", "javascript:x", NULL, NULL, false },
		{ "http://a/x", "http://u@b/c", NULL, NULL, false },
		{ "http://a/x", "//u@b/c", NULL, NULL, false },
		{ "http://a/x", "http://0x7f.1/", NULL, NULL, false },
		{ "http://a/x", "http://b c/", NULL, NULL, false },
		{ "http://a/x", "/b c", NULL, NULL, false },
		{ "http://a/x", "/\\b", NULL, NULL, false },
		{ "http://a/x", "\\\\b\\c", NULL, NULL, false },
		{ "http://a/x", "/%zz", NULL, NULL, false },
		{ "http://a/x", "http://b:99999/", NULL, NULL, false },
		{ "http://a/x", "http://", NULL, NULL, false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(FetchUrl) base = fetch_url_parse(cases[i].base, NULL);
		g_autoptr(FetchUrl) url = NULL;
		g_autofree char *authority = NULL;

		cr_assert(base != NULL);
		url = fetch_url_redirect(base, cases[i].location, &error);
		cr_assert_eq(url != NULL, cases[i].authority != NULL, "%s",
		    cases[i].location);
		if (url == NULL) {
			cr_expect(g_error_matches(
			    error, SMIME_ERROR, SMIME_ERROR_NOT_ALLOWED));
			continue;
		}
		authority = fetch_url_authority(url);
		cr_expect_str_eq(authority, cases[i].authority);
		cr_expect_str_eq(url->target, cases[i].target);
		cr_expect_eq(url->is_https, cases[i].is_https);
	}
}

Test(fetch_guard, long_redirect)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(FetchUrl) base = fetch_url_parse("http://a/", NULL);
	g_autofree char *location = g_strnfill(FETCH_MAX_URL + 1, '/');

	cr_expect(fetch_url_redirect(base, location, &error) == NULL);
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_NOT_ALLOWED));
}

/* --- the guard's hosts and ports ----------------------------------------- */

Test(fetch_guard, hosts_and_ports)
{
	static const char *const hosts[] = { "*.BSSN.go.id", "ocsp.bsre.id.",
		"192.0.2.1", "2001:DB8::1", NULL };
	static const guint ports[] = { 8080, 65535 };
	static const struct {
		const char *url;
		const char *why; /* NULL: may be asked */
	} cases[] = {
		{ "http://ocsp.bsre.id/", NULL },
		{ "http://OCSP.bsre.id./", NULL },
		{ "http://x.ocsp.bsre.id/", "host" },
		{ "http://crl.bssn.go.id/", NULL },
		{ "http://a.b.bssn.go.id/", NULL },
		{ "http://bssn.go.id/", "host" },
		{ "http://evilbssn.go.id/", "host" },
		{ "http://bssn.go.id.evil.example/", "host" },
		{ "http://192.0.2.1/", NULL },
		{ "http://192.0.2.2/", "host" },
		{ "http://[2001:db8::1]/", NULL },
		{ "http://[2001:db8::2]/", "host" },
		{ "https://ocsp.bsre.id/", NULL },
		{ "http://ocsp.bsre.id:443/", NULL },
		{ "http://ocsp.bsre.id:8080/", NULL },
		{ "http://ocsp.bsre.id:65535/", NULL },
		{ "http://ocsp.bsre.id:8081/", "port" },
		{ "http://ocsp.bsre.id:22/", "port" },
	};
	const FetchRules rules = { .allow_hosts = hosts,
		.ports = ports,
		.n_ports = G_N_ELEMENTS(ports) };
	g_autoptr(FetchGuard) guard = fetch_guard_new(&rules, NULL);

	cr_assert(guard != NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(FetchUrl) url = fetch_url_parse(cases[i].url, NULL);

		cr_assert(url != NULL, "%s", cases[i].url);
		cr_expect_eq(fetch_guard_check_url(guard, url, &error),
		    cases[i].why == NULL, "%s", cases[i].url);
		cr_expect(cases[i].why == NULL ||
			(error->code == SMIME_ERROR_NOT_ALLOWED &&
			    strstr(error->message, cases[i].why) != NULL),
		    "%s", cases[i].url);
	}
}

Test(fetch_guard, any_host)
{
	static const char *const none[] = { NULL };
	const FetchRules empty = { .allow_hosts = none,
		.allow_networks = none };
	const FetchRules nothing = { 0 };
	g_autoptr(FetchUrl) url = fetch_url_parse("http://a.example/", NULL);
	g_autoptr(FetchGuard) a = fetch_guard_new(&empty, NULL);
	g_autoptr(FetchGuard) b = fetch_guard_new(&nothing, NULL);

	cr_expect(fetch_guard_check_url(a, url, NULL));
	cr_expect(fetch_guard_check_url(b, url, NULL));
}

Test(fetch_guard, bad_rules)
{
	static const char *const hosts[] = { "", "*", "*.", "a_b", "a..b",
		"http://a.example", "a.example:80", "a.*.example", "*a.example",
		"*.*.example", "*.192.0.2.1", "0x7f.1", "a.example/", "a b" };
	static const char *const networks[] = { "", "10.0.0.1/8", "10.0.0.0/33",
		"a.example", "10.0.0.0-10.0.0.9" };
	static const guint ports[] = { 0, 65536 };

	for (gsize i = 0; i < G_N_ELEMENTS(hosts); i++) {
		const char *const list[] = { "good.example", hosts[i], NULL };
		const FetchRules rules = { .allow_hosts = list };
		g_autofree char *quoted = g_strdup_printf("\"%s\"", hosts[i]);
		g_autoptr(GError) error = NULL;

		cr_assert(
		    fetch_guard_new(&rules, &error) == NULL, "%s", hosts[i]);
		cr_expect_eq(error->code, SMIME_ERROR_NOT_USABLE);
		cr_expect(strstr(error->message, quoted) != NULL);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(networks); i++) {
		const char *const list[] = { "10.0.0.0/8", networks[i], NULL };
		const FetchRules rules = { .allow_networks = list };
		g_autofree char *quoted =
		    g_strdup_printf("\"%s\"", networks[i]);
		g_autoptr(GError) error = NULL;

		cr_assert(
		    fetch_guard_new(&rules, &error) == NULL, "%s", networks[i]);
		cr_expect_eq(error->code, SMIME_ERROR_NOT_USABLE);
		cr_expect(strstr(error->message, quoted) != NULL);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(ports); i++) {
		const FetchRules rules = { .ports = &ports[i], .n_ports = 1 };
		g_autoptr(GError) error = NULL;

		cr_assert(fetch_guard_new(&rules, &error) == NULL);
		cr_expect_eq(error->code, SMIME_ERROR_NOT_USABLE);
	}
}
