/* doctor_source.c - is a caller known by the address that is its own?
 * SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>

#include "app/doctor.h"
#include "base/enc.h"
#include "ext/crypt.h"

#define SUBJECT "source of requests"

char *
doctor_request(char to[DOCTOR_REQUEST_LEN + 1])
{
	unsigned char random[16];

	memcpy(to, "doctor-", 7);
	crypt_random(random, sizeof random);
	enc_hex(to + 7, random, sizeof random);
	to[DOCTOR_REQUEST_LEN] = '\0';
	return to;
}

static bool
is_text(const struct sockaddr *at, const char *text)
{
	const struct sockaddr_in *in = (const void *)at;
	const struct sockaddr_in6 *in6 = (const void *)at;
	char own[INET6_ADDRSTRLEN] = "";

	if (at && at->sa_family == AF_INET)
		inet_ntop(AF_INET, &in->sin_addr, own, sizeof own);
	else if (at && at->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &in6->sin6_addr, own, sizeof own);
	return !strcmp(own, text);
}

/* An address of this host? */
static bool
own_address(const char *text)
{
	struct ifaddrs *all, *i;
	bool own = false;

	if (getifaddrs(&all))
		return false;
	for (i = all; i && !own; i = i->ifa_next)
		own = is_text(i->ifa_addr, text);
	freeifaddrs(all);
	return own;
}

static void
tell(struct doctor *d, const char *source)
{
	struct arena *a = command_arena(d->c);

	if (!strcmp(source, DOCTOR_FORGED))
		doctor_say(d, SUBJECT, DOCTOR_WARNING,
		    "who asks from here may choose the address that counts for "
		    "it: the proxy passes on what a caller wrote",
		    "let the proxy in trusted_proxies write X-Forwarded-For "
		    "(or Forwarded) anew, or add to its end");
	else if (own_address(source))
		doctor_say(d, SUBJECT, DOCTOR_OK,
		    arena_printf(a, "%s, an address of this host", source),
		    NULL);
	else
		doctor_say(d, SUBJECT, DOCTOR_WARNING,
		    arena_printf(a,
			"a request from here is taken for one from %s, which "
			"is not this host",
			source),
		    "if that is a proxy or balancer, name it in "
		    "trusted_proxies: failures of one caller count for all "
		    "behind it");
}

/* The row is there before the answer. */
void
doctor_source(struct doctor *d, const char *request)
{
	const struct db_arg arg = db_arg_text(str_of(request));
	struct err e = { .kind = ERR_NONE };
	const struct db_rows *rows =
	    command_ask(d->c, "doctor_source", &arg, 1, &e);

	if (rows && db_count(rows) && !db_null(rows, 0, 0))
		tell(d, str_text(command_arena(d->c), db_text(rows, 0, 0)));
	else
		doctor_say(d, SUBJECT, DOCTOR_UNSEEN,
		    "the audit row of the request was not found",
		    "see that public_base leads to programs with this "
		    "database");
}
