/* crowd_client.h - one client: asks, waits, writes down what came back
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RIG_CROWD_CLIENT_H
#define RIG_CROWD_CLIENT_H

#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>

#include "crowd_look.h"
#include "crowd_unit.h"

#define OUT_ROOM 16384 /* bytes of the largest request */

/* What all clients have in common. */
struct crowd {
	struct sockaddr_in server;
	int poller;    /* epoll */
	int busy;      /* clients at work */
	FILE *results; /* see crowd.c */
	FILE *kept;    /* every so many tokens; NULL: none */
	long every;
};

struct client {
	int fd; /* -1: none */
	bool asking;
	bool used; /* fd has served before: it may end without a word */
	enum unit_kind kind, next;
	struct unit unit;
	char token[TOKEN_ROOM], cursor[CURSOR_ROOM];
	char out[OUT_ROOM];
	size_t out_len, out_done;
	char *in;
	size_t in_len;
	int64_t began_us;       /* the request that is under way */
	int64_t rests_until_us; /* after a failure */
};

/* crowd_now_us - microseconds since 1970, as PostgreSQL counts them too.
 * crowd_die - ends the program, with errno's text. */
int64_t crowd_now_us(void);
__attribute__((noreturn)) void crowd_die(const char *what);

/* clients_new - count clients that are idle; for the life of the program. */
struct client *clients_new(struct crowd *of, int count);

/* client_begin - a unit of work, for a client that is idle. Its end shows in
 * c->asking. client_give_up - no answer came in time. */
void client_begin(struct client *c, const struct unit *u);
void client_give_up(struct client *c);

/* client_event - what epoll said about the client's connection. */
void client_event(struct client *c, uint32_t what);

#endif
