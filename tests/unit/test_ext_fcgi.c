/* test_ext_fcgi.c - one FastCGI connection, with peers of all kinds
 * SPDX-License-Identifier: Apache-2.0
 *
 * The peer is the other end of a socket pair; where it must act while the door
 * waits, it is a thread. */
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ext/fcgi.h"
#include "ext/fcgi_guard.h"

#define BEGIN   "\1\1\0\7\0\10\0\0\0\1\0\0\0\0\0\0"
#define KEEP    "\1\1\0\7\0\10\0\0\0\1\1\0\0\0\0\0"
#define NO_PAR  "\1\4\0\7\0\0\0\0"
#define BODY    "\1\5\0\7\0\4\4\0body\0\0\0\0"
#define NO_IN   "\1\5\0\7\0\0\0\0"
#define LIT(s)  (s), sizeof(s) - 1
#define WAIT_MS 60000 /* for what has to happen; it does far sooner */

/* A{one}, A{two}, CD{}: 1+1+1+3, 1+1+1+3, 1+1+2 */
#define THREE "\1\4\0\7\0\20\0\0\1\3Aone\1\3Atwo\2\0CD"

struct pair {
	struct fcgi *f;
	int peer, ours;
};

static struct pair
meet(unsigned silence_ms, unsigned whole_ms)
{
	struct pair p = { .f = fcgi_new(silence_ms, whole_ms) };
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	p.peer = fd[0];
	p.ours = fd[1];
	return p;
}

static void
part(struct pair *p)
{
	fcgi_free(p->f);
	if (p->peer >= 0)
		close(p->peer);
}

static void
say(struct pair *p, const char *bytes, size_t n)
{
	assert_int_equal(send(p->peer, bytes, n, MSG_NOSIGNAL), n);
}

/* Everything until the other side closes; how many bytes. */
static size_t
heard(struct pair *p, unsigned char *to, size_t room)
{
	size_t n = 0;
	ssize_t got;

	while (n < room && (got = recv(p->peer, to + n, room - n, 0)) > 0)
		n += (size_t)got;
	return n;
}

static int
started(void **state)
{
	struct err e = { 0 };

	(void)state;
	return fcgi_start(&e) ? 0 : -1;
}

static void
a_request_is_read_and_answered(void **state)
{
	static const char answer[] = "\1\6\0\7\0\5\0\0hello"
				     "\1\6\0\7\0\0\0\0"
				     "\1\3\0\7\0\10\0\0\0\0\0\0\0\0\0\0";
	struct pair p = meet(WAIT_MS, WAIT_MS);
	unsigned char got[256];
	char body[16];

	(void)state;
	say(&p, LIT(BEGIN THREE NO_PAR BODY BODY NO_IN));
	assert_true(fcgi_begin(p.f, p.ours));
	assert_string_equal(fcgi_params(p.f)[0], "FCGI_ROLE=RESPONDER");
	assert_string_equal(fcgi_params(p.f)[1], "A=one");
	assert_string_equal(fcgi_params(p.f)[2], "A=two");
	assert_string_equal(fcgi_params(p.f)[3], "CD=");
	assert_null(fcgi_params(p.f)[4]);
	assert_int_equal(fcgi_read(p.f, body, sizeof body), 8);
	assert_memory_equal(body, "bodybody", 8);
	assert_int_equal(fcgi_read(p.f, body, sizeof body), 0);
	assert_false(fcgi_cut(p.f));
	assert_true(fcgi_answer(p.f, STR("hel"), STR("lo")));
	fcgi_end(p.f);
	assert_int_equal(heard(&p, got, sizeof got), sizeof answer - 1);
	assert_memory_equal(got, answer, sizeof answer - 1);
	part(&p);
}

static void
a_slot_serves_one_connection_after_another(void **state)
{
	struct pair p = meet(WAIT_MS, WAIT_MS), q = meet(WAIT_MS, WAIT_MS);
	unsigned char got[256];

	(void)state;
	say(&p, LIT(BEGIN THREE NO_PAR BODY THREE));
	say(&q, LIT(BEGIN THREE NO_PAR NO_IN));
	assert_true(fcgi_begin(p.f, p.ours));
	fcgi_end(p.f);
	assert_true(fcgi_begin(p.f, q.ours));
	assert_true(fcgi_answer(p.f, STR("fi"), STR("ne")));
	fcgi_end(p.f);
	assert_true(heard(&q, got, sizeof got) > 16);
	assert_memory_equal(got + 8, "fine", 4);
	part(&p);
	part(&q);
}

/* Reads an answer of records into one text, until its end. */
struct reader {
	int fd;
	char *text;
	size_t n;
	unsigned ends;
};

static bool
all(int fd, void *to, size_t n)
{
	return !n || recv(fd, to, n, MSG_WAITALL) == (ssize_t)n;
}

static void *
reads(void *arg)
{
	struct reader *r = arg;
	unsigned char h[FCGI_HEAD_BYTES], rest[256];
	size_t n;

	while (all(r->fd, h, sizeof h)) {
		n = (size_t)h[4] << 8 | h[5];
		r->ends += h[1] == FCGI_END;
		if (h[1] == FCGI_OUT && all(r->fd, r->text + r->n, n))
			r->n += n;
		else if (!all(r->fd, rest, n))
			break;
		if (!all(r->fd, rest, h[6]))
			break;
	}
	return NULL;
}

static void
answers_of_every_size_arrive_whole(void **state)
{
	static const size_t sizes[] = { 0, 1, 65000, 65523, 65524, 65525, 65528,
		131056, 131057, 3000000 };
	size_t i, j, most = 3000000;
	char *body = malloc(most), *text = malloc(most + 64);

	(void)state;
	assert_true(body && text);
	for (j = 0; j < most; j++)
		body[j] = (char)(j * 31 >> 3);
	for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct pair p = meet(WAIT_MS, WAIT_MS);
		struct reader r = { p.peer, text, 0, 0 };
		pthread_t t;

		say(&p, LIT(BEGIN NO_PAR NO_IN));
		assert_true(fcgi_begin(p.f, p.ours));
		assert_int_equal(pthread_create(&t, NULL, reads, &r), 0);
		assert_true(fcgi_answer(
		    p.f, STR("head"), (struct str){ body, sizes[i] }));
		fcgi_end(p.f);
		pthread_join(t, NULL);
		assert_int_equal(r.n, 4 + sizes[i]);
		assert_int_equal(r.ends, 1);
		assert_memory_equal(text, "head", 4);
		assert_memory_equal(text + 4, body, sizes[i]);
		part(&p);
	}
	free(body);
	free(text);
}

static void
an_answer_that_is_taken_at_once_waits_for_nobody(void **state)
{
	struct pair p = meet(WAIT_MS, WAIT_MS);
	unsigned char got[256];

	(void)state;
	say(&p, LIT(BEGIN THREE NO_PAR NO_IN));
	assert_true(fcgi_begin(p.f, p.ours));
	assert_true(fcgi_heard(p.f));
	assert_int_equal(fcgi_answer_now(p.f, STR("fi"), STR("ne")), FCGI_SENT);
	fcgi_end(p.f);
	assert_int_equal(heard(&p, got, sizeof got), 8 + 4 + 8 + 16);
	assert_memory_equal(got + 8, "fine", 4);
	part(&p);
}

static void
what_is_not_taken_at_once_is_sent_later(void **state)
{
	static char body[3000000], text[sizeof body + 64];
	struct pair p = meet(WAIT_MS, WAIT_MS);
	struct reader r = { p.peer, text, 0, 0 };
	size_t j;
	pthread_t t;

	(void)state;
	for (j = 0; j < sizeof body; j++)
		body[j] = (char)(j * 31 >> 3);
	say(&p, LIT(BEGIN NO_PAR NO_IN));
	assert_true(fcgi_begin(p.f, p.ours));
	assert_int_equal(fcgi_answer_now(p.f, STR("head"),
			     (struct str){ body, sizeof body }),
	    FCGI_STUCK);
	assert_int_equal(pthread_create(&t, NULL, reads, &r), 0);
	assert_true(fcgi_answer_rest(p.f));
	fcgi_end(p.f);
	pthread_join(t, NULL);
	assert_int_equal(r.n, 4 + sizeof body);
	assert_int_equal(r.ends, 1);
	assert_memory_equal(text, "head", 4);
	assert_memory_equal(text + 4, body, sizeof body);
	part(&p);
}

static void
the_rest_is_not_sent_for_ever(void **state)
{
	static char body[3000000];
	struct pair p = meet(10, WAIT_MS);

	(void)state;
	say(&p, LIT(BEGIN NO_PAR NO_IN));
	assert_true(fcgi_begin(p.f, p.ours));
	assert_int_equal(
	    fcgi_answer_now(p.f, STR(""), (struct str){ body, sizeof body }),
	    FCGI_STUCK);
	assert_false(fcgi_answer_rest(p.f));
	fcgi_end(p.f);
	part(&p);
}

static void
a_peer_that_is_gone_takes_no_answer(void **state)
{
	struct pair p = meet(WAIT_MS, WAIT_MS);

	(void)state;
	say(&p, LIT(BEGIN NO_PAR NO_IN));
	assert_true(fcgi_begin(p.f, p.ours));
	close(p.peer);
	p.peer = -1;
	assert_int_equal(fcgi_answer_now(p.f, STR("fi"), STR("ne")), FCGI_LOST);
	fcgi_end(p.f);
	part(&p);
}

static void
a_request_is_heard_when_its_end_has_come(void **state)
{
	struct pair p = meet(WAIT_MS, WAIT_MS);

	(void)state;
	say(&p, LIT(BEGIN NO_PAR));
	assert_true(fcgi_begin(p.f, p.ours));
	assert_false(fcgi_heard(p.f));
	say(&p, LIT(BODY));
	assert_false(fcgi_heard(p.f));
	say(&p, LIT(BODY NO_IN));
	assert_true(fcgi_heard(p.f));
	fcgi_break(p.f);
	assert_false(fcgi_heard(p.f));
	part(&p);
}

/* Conversations that never become a request. */
static const struct {
	const char *sent;
	size_t n;
} broken[] = {
	{ LIT("") },
	{ LIT("\1") },
	{ LIT("GET / HTTP/1.1\r\n\r\n") },
	{ LIT(BEGIN) },
	{ LIT(BEGIN "\1\4\0\7\0") },
	{ LIT(BEGIN THREE) },
	{ LIT(BEGIN "\1\4\0\7\0\20\0\0\1\3A") },
	{ LIT(BEGIN THREE BODY) },
	{ LIT(BEGIN "\1\4\0\7\0\10\0\0\xff\xff\xff\xff\xff\xff\xff\xff") },
	{ LIT("\1\11\0\0\0\21\0\0\16\1FCGI_MAX_CONNS1" BEGIN) },
	{ LIT(BEGIN BEGIN) },
	{ LIT(BEGIN "\1\2\0\7\0\0\0\0") },
};

static void
what_is_no_request_is_hung_up_on(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		struct pair p = meet(WAIT_MS, WAIT_MS);
		unsigned char got[256];

		say(&p, broken[i].sent, broken[i].n);
		shutdown(p.peer, SHUT_WR);
		assert_false(fcgi_begin(p.f, p.ours));
		assert_int_equal(heard(&p, got, sizeof got), 0);
		part(&p);
	}
}

static void
who_sends_too_many_parameters_is_told_so(void **state)
{
	static const char head[] = "\1\4\0\7\377\370\0\0"; /* 65528 */
	static char pairs[65528];
	struct pair p = meet(WAIT_MS, WAIT_MS);
	unsigned char got[256];
	int i;

	(void)state;
	/* one pair: a name of one letter and as much value as there is room */
	memcpy(pairs, "\1\200\0\377\362", 5);
	memset(pairs + 5, 'A', sizeof pairs - 5);
	say(&p, LIT(BEGIN));
	for (i = 0; i < 2; i++) {
		say(&p, head, sizeof head - 1);
		say(&p, pairs, sizeof pairs);
	}
	shutdown(p.peer, SHUT_WR);
	assert_false(fcgi_begin(p.f, p.ours));
	assert_true(fcgi_oversize(p.f));
	assert_true(
	    fcgi_answer(p.f, STR("Status: 431 Too Large\r\n\r\n"), STR("")));
	fcgi_end(p.f);
	assert_false(fcgi_oversize(p.f));
	assert_true(heard(&p, got, sizeof got) > 40);
	assert_memory_equal(got + 8, "Status: 431", 11);
	part(&p);
}

static void
a_peer_that_stalls_is_hung_up_on(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		struct pair p = meet(10, WAIT_MS);
		unsigned char got[256];

		say(&p, broken[i].sent, broken[i].n);
		assert_false(fcgi_begin(p.f, p.ours));
		assert_int_equal(heard(&p, got, sizeof got), 0);
		part(&p);
	}
}

/* Says one byte after another, for as long as anybody listens. */
struct drip {
	int fd;
	const char *bytes;
	size_t n, i;
};

static void *
drips(void *arg)
{
	struct drip *d = arg;

	for (;; d->i++) {
		char c = d->i < d->n ? d->bytes[d->i] : 'x';

		if (send(d->fd, &c, 1, MSG_NOSIGNAL) != 1)
			return NULL;
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
	}
}

static void
parameters_that_drip_are_cut_off(void **state)
{
	struct pair p = meet(WAIT_MS, 100);
	struct drip d = { p.peer, LIT(BEGIN "\1\4\0\7\xff\xff\0\0\1\x80\0\xff"),
		0 };
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, drips, &d), 0);
	assert_false(fcgi_begin(p.f, p.ours));
	pthread_join(t, NULL);
	part(&p);
}

static void
a_body_that_drips_is_cut_off(void **state)
{
	struct pair p = meet(WAIT_MS, 2000);
	struct drip d = { p.peer, LIT("\1\5\0\7\xff\xff\0\0"), 0 };
	char body[4096];
	pthread_t t;

	(void)state;
	say(&p, LIT(BEGIN NO_PAR));
	assert_true(fcgi_begin(p.f, p.ours));
	assert_int_equal(pthread_create(&t, NULL, drips, &d), 0);
	assert_true(fcgi_read(p.f, body, sizeof body) < sizeof body);
	assert_true(fcgi_cut(p.f));
	fcgi_end(p.f);
	pthread_join(t, NULL);
	part(&p);
}

static void
a_body_that_breaks_off_does_not_look_whole(void **state)
{
	static const struct {
		const char *sent;
		size_t n;
	} cut[] = { { LIT(BODY) }, { LIT("\1\5\0\7\0\4\0\0bo") },
		{ LIT(BODY "\1\2\0\7\0\0\0\0") }, { LIT(BODY THREE NO_PAR) },
		{ LIT(BODY BEGIN) }, { LIT(BODY "\1\5\0\10\0\0\0\0") },
		{ LIT(BODY "\1\11\0\0\0\0\0\0") } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cut / sizeof cut[0]; i++) {
		struct pair p = meet(WAIT_MS, WAIT_MS);
		char body[64];

		say(&p, LIT(BEGIN NO_PAR));
		say(&p, cut[i].sent, cut[i].n);
		shutdown(p.peer, SHUT_WR);
		assert_true(fcgi_begin(p.f, p.ours));
		errno = 0; /* libfcgi takes its verdict from it */
		fcgi_read(p.f, body, sizeof body);
		assert_true(fcgi_cut(p.f));
		fcgi_end(p.f);
		part(&p);
	}
}

static size_t
answers_in(const unsigned char *p, size_t n)
{
	size_t at = 0, ended = 0;

	while (at + FCGI_HEAD_BYTES <= n) {
		ended += p[at + 1] == FCGI_END;
		at += FCGI_HEAD_BYTES + ((size_t)p[at + 4] << 8 | p[at + 5]) +
		      p[at + 6];
	}
	return ended;
}

/* The peer asks to keep the connection and hides a second request in a body
 * that nobody reads, or behind it. */
static void
what_is_left_over_is_never_the_next_request(void **state)
{
	static const struct {
		const char *sent;
		size_t n;
	} hidden[] = { { LIT("\1\5\0\7\0\50\0\0" KEEP NO_PAR NO_IN NO_IN) },
		{ LIT(NO_IN KEEP THREE NO_PAR NO_IN) },
		{ LIT(BODY KEEP THREE NO_PAR NO_IN) } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
		struct pair p = meet(WAIT_MS, WAIT_MS);
		unsigned char got[512];
		size_t n;

		say(&p, LIT(KEEP THREE NO_PAR));
		say(&p, hidden[i].sent, hidden[i].n);
		shutdown(p.peer, SHUT_WR);
		assert_true(fcgi_begin(p.f, p.ours));
		assert_true(fcgi_answer(p.f, STR("n"), STR("o")));
		fcgi_end(p.f);
		n = heard(&p, got, sizeof got);
		assert_int_equal(answers_in(got, n), 1);
		part(&p);
	}
}

static void
a_peer_that_does_not_read_is_given_up(void **state)
{
	size_t n = (size_t)4 << 20;
	struct pair p = meet(20, WAIT_MS);
	char *much = calloc(1, n);

	(void)state;
	assert_non_null(much);
	say(&p, LIT(BEGIN NO_PAR NO_IN));
	assert_true(fcgi_begin(p.f, p.ours));
	assert_false(fcgi_answer(p.f, STR("head"), (struct str){ much, n }));
	fcgi_end(p.f);
	free(much);
	part(&p);
}

static void
a_peer_that_is_gone_is_noticed_without_a_signal(void **state)
{
	size_t n = (size_t)1 << 20;
	struct pair p = meet(WAIT_MS, WAIT_MS);
	char *much = calloc(1, n);

	(void)state;
	assert_non_null(much);
	say(&p, LIT(BEGIN NO_PAR NO_IN));
	assert_true(fcgi_begin(p.f, p.ours));
	close(p.peer);
	p.peer = -1;
	assert_false(fcgi_answer(p.f, STR("head"), (struct str){ much, n }));
	fcgi_end(p.f);
	free(much);
	part(&p);
}

/* Sends a body of n bytes, then reads the answer as a web server does. */
struct sender {
	int fd;
	size_t n;
	size_t answer;
};

static void *
sends(void *arg)
{
	static const char piece[FCGI_HEAD_BYTES + 32768] = "\1\5\0\7\x80\0\0\0";
	struct sender *s = arg;
	char back[4096];
	size_t sent;
	ssize_t got;

	for (sent = 0; sent < s->n; sent += 32768)
		if (send(s->fd, piece, sizeof piece, MSG_NOSIGNAL) < 0)
			return NULL;
	send(s->fd, NO_IN, 8, MSG_NOSIGNAL);
	while ((got = recv(s->fd, back, sizeof back, 0)) > 0)
		s->answer += (size_t)got;
	return NULL;
}

static void
who_is_still_sending_gets_to_read_the_refusal(void **state)
{
	struct pair p = meet(WAIT_MS, WAIT_MS);
	struct sender s = { p.peer, (size_t)2 << 20, 0 };
	pthread_t t;

	(void)state;
	say(&p, LIT(BEGIN NO_PAR));
	assert_int_equal(pthread_create(&t, NULL, sends, &s), 0);
	assert_true(fcgi_begin(p.f, p.ours));
	assert_true(fcgi_answer(p.f, STR("n"), STR("o")));
	fcgi_end(p.f);
	pthread_join(t, NULL);
	assert_int_equal(s.answer, 8 + 2 + 8 + 16);
	part(&p);
}

static void
an_answer_may_be_broken_off(void **state)
{
	struct pair p = meet(WAIT_MS, WAIT_MS);
	unsigned char got[256];

	(void)state;
	say(&p, LIT(BEGIN NO_PAR NO_IN));
	assert_true(fcgi_begin(p.f, p.ours));
	assert_true(fcgi_write(p.f, "part", 4));
	fcgi_break(p.f);
	fcgi_end(p.f);
	assert_int_equal(answers_in(got, heard(&p, got, sizeof got)), 0);
	part(&p);
}

static void
who_is_turned_away_reads_why(void **state)
{
	static const char answer[] = "\1\6\0\7\0\4\0\0busy"
				     "\1\6\0\7\0\0\0\0"
				     "\1\3\0\7\0\10\0\0\0\0\0\0\0\0\0\0";
	struct pair p = meet(WAIT_MS, WAIT_MS);
	unsigned char got[256];

	(void)state;
	say(&p, LIT(BEGIN THREE NO_PAR BODY));
	fcgi_turn_away(p.ours, "busy", 4);
	assert_int_equal(heard(&p, got, sizeof got), sizeof answer - 1);
	assert_memory_equal(got, answer, sizeof answer - 1);
	part(&p);
}

static void
who_is_turned_away_without_asking_reads_nothing(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct pair p = meet(WAIT_MS, WAIT_MS);
		unsigned char got[256];

		say(&p, broken[i].sent, broken[i].n);
		fcgi_turn_away(p.ours, "busy", 4);
		assert_int_equal(heard(&p, got, sizeof got), 0);
		part(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_read_and_answered),
		cmocka_unit_test(a_slot_serves_one_connection_after_another),
		cmocka_unit_test(answers_of_every_size_arrive_whole),
		cmocka_unit_test(
		    an_answer_that_is_taken_at_once_waits_for_nobody),
		cmocka_unit_test(what_is_not_taken_at_once_is_sent_later),
		cmocka_unit_test(the_rest_is_not_sent_for_ever),
		cmocka_unit_test(a_peer_that_is_gone_takes_no_answer),
		cmocka_unit_test(a_request_is_heard_when_its_end_has_come),
		cmocka_unit_test(what_is_no_request_is_hung_up_on),
		cmocka_unit_test(who_sends_too_many_parameters_is_told_so),
		cmocka_unit_test(a_peer_that_stalls_is_hung_up_on),
		cmocka_unit_test(parameters_that_drip_are_cut_off),
		cmocka_unit_test(a_body_that_drips_is_cut_off),
		cmocka_unit_test(a_body_that_breaks_off_does_not_look_whole),
		cmocka_unit_test(what_is_left_over_is_never_the_next_request),
		cmocka_unit_test(a_peer_that_does_not_read_is_given_up),
		cmocka_unit_test(
		    a_peer_that_is_gone_is_noticed_without_a_signal),
		cmocka_unit_test(who_is_still_sending_gets_to_read_the_refusal),
		cmocka_unit_test(an_answer_may_be_broken_off),
		cmocka_unit_test(who_is_turned_away_reads_why),
		cmocka_unit_test(
		    who_is_turned_away_without_asking_reads_nothing),
	};

	return cmocka_run_group_tests(tests, started, NULL);
}
