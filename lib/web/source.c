/* source.c - the address that a request comes from, behind proxies too
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/source.h"

#include <arpa/inet.h>
#include <string.h>

#define PROXIES_MAX 64
#define HOPS_MAX    16
#define ADDRESS_MAX 46

/* IPv4 addresses as ::ffff:a.b.c.d, so that there is one kind. */
struct net {
	struct guid at;
	unsigned bits;
};

static struct {
	struct net net[PROXIES_MAX];
	size_t n;
	bool standard; /* Forwarded is what they write, not X-Forwarded-For */
} room;

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool
read_address(struct guid *to, struct str s, unsigned *bits)
{
	char text[ADDRESS_MAX];

	if (!s.len || s.len >= sizeof text || memchr(s.at, 0, s.len))
		return false;
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	memcpy(to->at, mapped, sizeof mapped);
	*bits = 32;
	if (inet_pton(AF_INET, text, to->at + sizeof mapped) == 1)
		return true;
	*bits = 128;
	return inet_pton(AF_INET6, text, to->at) == 1;
}

/* ---- our proxies ------------------------------------------------------------------ */

static bool
read_net(struct net *net, struct str word)
{
	struct str length, address = str_cut(word, '/', &length);
	uint64_t n;
	unsigned most;

	if (!read_address(&net->at, address, &most))
		return false;
	n = most;
	if (length.at && (!str_number(length, 3, &n) || n > most))
		return false;
	net->bits = (unsigned)n + (128 - most);
	return true;
}

bool
source_start(const struct conf *conf, struct err *e)
{
	struct str rest = str_of(conf->trusted_proxies);

	room.n = 0;
	room.standard = conf->forwarded_field == CONF_FORWARDED;
	while (rest.at) {
		struct str word = str_cut(rest, ' ', &rest);

		if (!word.len)
			continue;
		if (room.n == PROXIES_MAX ||
		    !read_net(&room.net[room.n++], word))
			return err_set(e, ERR_CONF,
			    "%s: trusted_proxies takes at most %d addresses or "
			    "networks like 192.0.2.0/24 or 2001:db8::/32, with "
			    "blanks between them.",
			    conf->path, PROXIES_MAX);
	}
	return true;
}

static bool
within(const struct guid *at, const struct net *net)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;
	unsigned char mask = (unsigned char)(0xff00 >> rest);

	return !memcmp(at->at, net->at.at, whole) &&
	       (!rest || !((at->at[whole] ^ net->at.at[whole]) & mask));
}

static bool
ours(struct str address)
{
	struct guid at;
	unsigned bits;
	size_t i;

	if (!room.n || !read_address(&at, address, &bits))
		return false;
	for (i = 0; i < room.n; i++)
		if (within(&at, &room.net[i]))
			return true;
	return false;
}

/* ---- what they write --------------------------------------------------------------- */

/* The part after the last comma; *rest what is before it. No quoted comma can
 * stand there that a proxy of ours has written. */
static struct str
last_hop(struct str list, struct str *rest)
{
	size_t n = list.len;

	while (n && list.at[n - 1] != ',')
		n--;
	*rest = n ? (struct str){ list.at, n - 1 } : STR_NONE;
	return str_trim((struct str){ list.at + n, list.len - n }, " \t");
}

/* RFC 7239 4: name=value pairs, separated by semicolons. */
static struct str
for_of(struct str hop)
{
	while (hop.at) {
		struct str value, pair = str_cut(hop, ';', &hop);
		struct str name = str_trim(str_cut(pair, '=', &value), " \t");

		if (str_is_nocase(name, "for"))
			return str_trim(value, " \t\"");
	}
	return STR_NONE;
}

/* An address, perhaps in brackets, perhaps with a port. */
static struct str
without_port(struct str node)
{
	struct str rest, host;

	if (node.len && node.at[0] == '[')
		return str_cut(
		    (struct str){ node.at + 1, node.len - 1 }, ']', &rest);
	host = str_cut(node, ':', &rest);
	return rest.at && !memchr(rest.at, ':', rest.len) ? host : node;
}

struct str
source_of(struct str peer, struct str x, struct str field, bool *direct)
{
	struct str list = room.standard ? field : x, who = peer;
	struct guid at;
	unsigned bits;
	int i;

	*direct = !x.at && !field.at;
	for (i = 0; i < HOPS_MAX && list.at && ours(who); i++) {
		struct str hop = last_hop(list, &list);

		hop = without_port(room.standard ? for_of(hop) : hop);
		if (!read_address(&at, hop, &bits))
			break;
		who = hop;
	}
	return who;
}

/* ---- what it means ------------------------------------------------------------------ */

struct guid
source_key(struct str address)
{
	struct guid at = { { 0 } };
	unsigned bits;

	if (!read_address(&at, address, &bits))
		return (struct guid){ { 0 } };
	if (memcmp(at.at, mapped, sizeof mapped))
		memset(at.at + 8, 0, 8);
	return at;
}

bool
source_loopback(struct str address)
{
	static const unsigned char six[16] = { [15] = 1 };
	struct guid at;
	unsigned bits;

	if (!read_address(&at, address, &bits))
		return false;
	return !memcmp(at.at, six, sizeof six) ||
	       (!memcmp(at.at, mapped, sizeof mapped) && at.at[12] == 127);
}
