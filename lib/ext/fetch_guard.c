/* fetch_guard.c - to which addresses a request of ours may go
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/fetch_guard.h"

#include <arpa/inet.h>
#include <string.h>

/* clang-format off */
#define NET4(bits, a, b, c, d) { false, bits, { a, b, c, d } }

static const struct fetch_net loops[] = {
	NET4(8, 127, 0, 0, 0),
	{ true, 128, { [15] = 1 } },
};

/* A network of somebody's own: never reached unless it is listed. */
static const struct fetch_net privates[] = {
	NET4(8, 10, 0, 0, 0), NET4(10, 100, 64, 0, 0), NET4(12, 172, 16, 0, 0),
	NET4(16, 192, 168, 0, 0), NET4(15, 198, 18, 0, 0),
	{ true, 7, { 0xfc } },
};

/* Nobody's server: this network, the link, relays, multicast, what is not
 * given out, and where clouds tell virtual machines their secrets. */
static const struct fetch_net nevers[] = {
	NET4(8, 0, 0, 0, 0), NET4(16, 169, 254, 0, 0), NET4(24, 192, 0, 0, 0),
	NET4(24, 192, 88, 99, 0), NET4(3, 224, 0, 0, 0),
	NET4(32, 100, 100, 100, 200),
	{ true, 128, { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54 } },
	{ true, 23, { 0x20, 0x01 } },	/* tunnels and identifiers */
	{ true, 16, { 0x20, 0x02 } },	/* 6to4 */
};
/* clang-format on */

static const struct fetch_net global6 = { true, 3, { 0x20 } };

static bool
within(const struct fetch_addr *at, const struct fetch_net *n)
{
	unsigned bytes = n->bits / 8, rest = n->bits % 8;

	return at->v6 == n->v6 && n->bits <= (n->v6 ? 128 : 32) &&
	       !memcmp(at->at, n->at, bytes) &&
	       (!rest || (at->at[bytes] ^ n->at[bytes]) >> (8 - rest) == 0);
}

static bool
among(const struct fetch_addr *at, const struct fetch_net *nets, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (within(at, &nets[i]))
			return true;
	return false;
}

bool
fetch_guard_allows(
    const struct fetch_guard *g, const struct fetch_addr *at, bool plain_http)
{
	if (among(at, loops, COUNT(loops)))
		return g->loopback;
	if (plain_http || among(at, nevers, COUNT(nevers)))
		return false;
	if (among(at, privates, COUNT(privates)))
		return among(at, g->nets, g->nets_n);
	return !at->v6 || within(at, &global6);
}

bool
fetch_net_read(struct fetch_net *n, struct str text)
{
	struct str rest, host = str_cut(text, '/', &rest);
	char name[INET6_ADDRSTRLEN];
	uint64_t bits;

	memset(n, 0, sizeof *n);
	if (!host.len || host.len >= sizeof name || !rest.at ||
	    !str_number(rest, 3, &bits))
		return false;
	memcpy(name, host.at, host.len);
	name[host.len] = '\0';
	n->v6 = memchr(name, ':', host.len) != NULL;
	n->bits = (unsigned)bits;
	return bits <= (n->v6 ? 128 : 32) &&
	       inet_pton(n->v6 ? AF_INET6 : AF_INET, name, n->at) == 1;
}
