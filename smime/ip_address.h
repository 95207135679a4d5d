/*
 * ip_address - addresses and networks of IPv4 and IPv6, and which of them are
 * public.
 *
 * An IPv4 address that is written as an IPv6 one (::ffff:127.0.0.1; RFC 4291,
 * section 2.5.5.2) is that IPv4 address.
 *
 * Plain values; thread-safe.
 */
#ifndef SMIME_IP_ADDRESS_H
#define SMIME_IP_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include <glib.h>

typedef struct {
	guint8 octets[16]; /* of IPv4: behind ::ffff:0:0/96 */
} IpAddress;

typedef struct {
	IpAddress first;
	guint bits; /* that all its addresses share, of the 128 */
} IpNetwork;

/* An IPv4 address of four decimal numbers, or an IPv6 address; no zone, no
 * brackets, no other spelling. */
bool ip_address_parse(const char *text, IpAddress *address);
bool ip_address_is_v4(const IpAddress *address);
/* Caller frees. */
char *ip_address_text(const IpAddress *address);

/* As connect wants it, with a port; its size. */
socklen_t ip_address_to_socket(
    const IpAddress *address, guint port, struct sockaddr_storage *to);

/* An address, or ADDRESS/BITS with no bit set behind those. */
bool ip_network_parse(const char *text, IpNetwork *network);
/* A network of IPv6 has no address of IPv4. */
bool ip_network_has(const IpNetwork *network, const IpAddress *address);

/* The IPv4 address that is reached by way of this one: 6to4 (RFC 3056) and
 * the well-known prefix of NAT64 (RFC 6052).  A NAT64 with a prefix of its
 * network's own cannot be recognised. */
bool ip_address_embedded(const IpAddress *address, IpAddress *embedded);

/* What it is instead of public, in words that a message can have after "is"
 * (a constant); NULL where it is public.  That of an address which embeds
 * another is not looked at. */
const char *ip_address_why_not_public(const IpAddress *address);

#endif
