/* fetch_guard.h - to which addresses a request of ours may go
 * SPDX-License-Identifier: Apache-2.0
 *
 * The egress guard: every transfer has one, and it is asked twice, for the
 * addresses that a name stands for and for the one a socket is opened to. A
 * guard of zeros lets through what is public and nothing else. */
#ifndef EXT_FETCH_GUARD_H
#define EXT_FETCH_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define FETCH_NETS_MAX 16

/* An address to connect to: network byte order as in sockaddr. */
struct fetch_addr {
	bool v6;
	uint16_t port;        /* host byte order */
	unsigned char at[16]; /* IPv4: the first four */
};

/* A network: the first `bits` bits of an address. */
struct fetch_net {
	bool v6;
	unsigned bits;
	unsigned char at[16];
};

struct fetch_guard {
	bool loopback; /* this machine may be reached, by plain http too: for
	                * demonstrations and tests */
	const struct fetch_net *nets; /* private networks that may be reached */
	size_t nets_n;
};

/* fetch_net_read - "10.1.0.0/16", "fd12:3456::/48". false: it is none. */
bool fetch_net_read(struct fetch_net *n, struct str text);

/* fetch_guard_allows - may a request go to this address?
 *   plain_http  unencrypted: to this machine only, if at all
 * Where no guard lets it: 0.0.0.0/8, 169.254.0.0/16, 192.0.0.0/24,
 * 192.88.99.0/24, 224.0.0.0/3, 100.100.100.200, fd00:ec2::254, and of IPv6
 * whatever is not 2000::/3, with 2001::/23 and 2002::/16 out of it: link,
 * multicast, metadata of clouds, IPv4 in disguises and tunnels.
 * With `loopback`: 127.0.0.0/8 and ::1. Where they are listed: 10.0.0.0/8,
 * 100.64.0.0/10, 172.16.0.0/12, 192.168.0.0/16, 198.18.0.0/15, fc00::/7.
 * Source: RFC 6890, the IANA registries of special-purpose addresses. */
bool fetch_guard_allows(
    const struct fetch_guard *g, const struct fetch_addr *at, bool plain_http);

#endif
