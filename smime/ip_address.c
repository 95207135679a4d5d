#include <arpa/inet.h>
#include <netinet/in.h>

#include <string.h>

#include "ip_address.h"

#define ALL_BITS 128U
#define V4_BITS 32U
#define V4_AT 12U /* among the octets */

static const guint8 v4_prefix[V4_AT] = { [10] = 0xff, [11] = 0xff };

/* The registries of RFC 6890; the first that has an address counts. */
static const struct {
	const char *network;
	const char *what;
} not_public[] = {
	{ "0.0.0.0/8", "of this network (RFC 791)" },
	{ "10.0.0.0/8", "private (RFC 1918)" },
	{ "100.64.0.0/10", "shared by a provider (RFC 6598)" },
	{ "127.0.0.0/8", "loopback (RFC 1122)" },
	{ "169.254.0.0/16", "link-local (RFC 3927)" },
	{ "172.16.0.0/12", "private (RFC 1918)" },
	{ "192.0.0.0/24", "of protocols (RFC 6890)" },
	{ "192.0.2.0/24", "for documentation (RFC 5737)" },
	{ "192.88.99.0/24", "of 6to4 relays (RFC 7526)" },
	{ "192.168.0.0/16", "private (RFC 1918)" },
	{ "198.18.0.0/15", "for measurements (RFC 2544)" },
	{ "198.51.100.0/24", "for documentation (RFC 5737)" },
	{ "203.0.113.0/24", "for documentation (RFC 5737)" },
	{ "224.0.0.0/4", "multicast (RFC 5771)" },
	{ "240.0.0.0/4", "reserved (RFC 1112)" },
	{ "::/128", "unspecified (RFC 4291)" },
	{ "::1", "loopback (RFC 4291)" },
	{ "fc00::/7", "private (RFC 4193)" },
	{ "fe80::/10", "link-local (RFC 4291)" },
	{ "fec0::/10", "site-local (RFC 3879)" },
	{ "ff00::/8", "multicast (RFC 4291)" },
	{ "64:ff9b:1::/48", "of a local NAT64 (RFC 8215)" },
	{ "2001::/23", "of protocols (RFC 2928)" },
	{ "2001:db8::/32", "for documentation (RFC 3849)" },
	{ "3fff::/20", "for documentation (RFC 9637)" },
};

static void
set_v4(IpAddress *address, const guint8 *octets)
{
	memcpy(address->octets, v4_prefix, sizeof(v4_prefix));
	memcpy(address->octets + V4_AT, octets, V4_BITS / 8);
}

bool
ip_address_parse(const char *text, IpAddress *address)
{
	guint8 octets[16];

	/* Unlike inet_aton it knows neither 127.1 nor 0x7f000001. */
	if (inet_pton(AF_INET, text, octets) == 1) {
		set_v4(address, octets);
		return true;
	}
	if (inet_pton(AF_INET6, text, octets) != 1)
		return false;
	memcpy(address->octets, octets, sizeof(octets));
	return true;
}

bool
ip_address_is_v4(const IpAddress *address)
{
	return memcmp(address->octets, v4_prefix, sizeof(v4_prefix)) == 0;
}

socklen_t
ip_address_to_socket(
    const IpAddress *address, guint port, struct sockaddr_storage *to)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
		.sin_port = htons((guint16)port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_port = htons((guint16)port) };

	*to = (struct sockaddr_storage){ 0 };
	if (ip_address_is_v4(address)) {
		memcpy(&v4.sin_addr, address->octets + V4_AT, V4_BITS / 8);
		memcpy(to, &v4, sizeof(v4));
		return sizeof(v4);
	}
	memcpy(&v6.sin6_addr, address->octets, sizeof(address->octets));
	memcpy(to, &v6, sizeof(v6));
	return sizeof(v6);
}

char *
ip_address_text(const IpAddress *address)
{
	char text[INET6_ADDRSTRLEN];

	if (ip_address_is_v4(address))
		inet_ntop(AF_INET, address->octets + V4_AT, text, sizeof(text));
	else
		inet_ntop(AF_INET6, address->octets, text, sizeof(text));
	return g_strdup(text);
}

static bool
have_same_bits(const IpAddress *a, const IpAddress *b, guint bits)
{
	guint whole = bits / 8, rest = bits % 8;
	guint mask = (0xffU << (8 - rest)) & 0xffU;

	if (memcmp(a->octets, b->octets, whole) != 0)
		return false;
	return rest == 0 || ((a->octets[whole] ^ b->octets[whole]) & mask) == 0;
}

static bool
has_bits_behind(const IpAddress *address, guint bits)
{
	for (guint i = bits; i < ALL_BITS; i++) {
		if ((address->octets[i / 8] & (0x80U >> (i % 8))) != 0)
			return true;
	}
	return false;
}

bool
ip_network_parse(const char *text, IpNetwork *network)
{
	g_auto(GStrv) parts = g_strsplit(text, "/", 3);
	guint most = ALL_BITS;
	guint64 bits;

	if (parts[0] == NULL || !ip_address_parse(parts[0], &network->first))
		return false;
	network->bits = ALL_BITS;
	if (parts[1] == NULL)
		return true;
	/* Where the address was written as one of IPv4, so are its bits. */
	if (strchr(parts[0], ':') == NULL)
		most = V4_BITS;
	if (parts[2] != NULL || !g_ascii_isdigit(parts[1][0]) ||
	    !g_ascii_string_to_unsigned(parts[1], 10, 0, most, &bits, NULL))
		return false;
	network->bits = ALL_BITS - most + (guint)bits;
	return !has_bits_behind(&network->first, network->bits);
}

bool
ip_network_has(const IpNetwork *network, const IpAddress *address)
{
	if (network->bits < ALL_BITS - V4_BITS && ip_address_is_v4(address))
		return false;
	return have_same_bits(&network->first, address, network->bits);
}

static bool
is_in(const char *text, const IpAddress *address)
{
	IpNetwork network;
	bool valid = ip_network_parse(text, &network);

	g_assert(valid);
	return ip_network_has(&network, address);
}

bool
ip_address_embedded(const IpAddress *address, IpAddress *embedded)
{
	if (is_in("2002::/16", address))
		set_v4(embedded, address->octets + 2);
	else if (is_in("64:ff9b::/96", address))
		set_v4(embedded, address->octets + V4_AT);
	else
		return false;
	return true;
}

const char *
ip_address_why_not_public(const IpAddress *address)
{
	for (gsize i = 0; i < G_N_ELEMENTS(not_public); i++) {
		if (is_in(not_public[i].network, address))
			return not_public[i].what;
	}
	/* All that was ever given to anybody: RFC 4291, section 2.4. */
	if (!ip_address_is_v4(address) && !is_in("2000::/3", address) &&
	    !is_in("64:ff9b::/96", address))
		return "reserved (RFC 4291)";
	return NULL;
}
