/* tsan_upauth.c - many ask for tokens while these end and secrets are replaced
 * SPDX-License-Identifier: Apache-2.0
 *
 * Hospitals, their endpoints and the clock, a hundred times as fast, are
 * functions here. Meanwhile another thread has them forget their tokens, gives
 * them another secret each (a new revision; soon the former one is refused) and
 * lets endpoints hang. What must hold: a secret or token is shown to nobody but
 * the tenant and the revision it is of, one thread at a time asks for one of
 * them, a call is made twice at most, and in the end all are let in again.
 * Meant for -fsanitize=thread. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/upauth.h"

#define THREADS   60
#define CALLS     40000
#define TENANTS   3
#define REVISIONS 4000
#define STRANGERS 3000 /* more than are kept */
#define STRANGE   8    /* one of so many calls is for one of them */
#define LONGEST_S 180
#define SETTLE_S  30

struct hospital {
	atomic_uint revision;          /* of what the gateway has */
	atomic_uint oldest;            /* whose secret is taken still */
	atomic_uint epoch;             /* tokens of former ones are forgotten */
	atomic_bool away;              /* its endpoint */
	atomic_uint inside[REVISIONS]; /* who ask it for a token just now */
	char secret[REVISIONS][24];
	struct credential_token how[REVISIONS];
};

static struct hospital hospitals[TENANTS];
static struct upauth *room;
static atomic_uint next_call, wrong, good, refused, away, busy, ended, tokens;
static atomic_bool over;
static _Thread_local unsigned shown; /* by the call at hand */

static int64_t
fast_clock(void)
{
	return clock_mono_us() / 10;
}

static void
complain(const char *what, const char *seen)
{
	if (atomic_fetch_add(&wrong, 1) < 10)
		fprintf(stderr, "wrong: %s: %s\n", what, seen);
}

/* ---- the other side ----------------------------------------------------------- */

static unsigned
tenant_of(const struct upstream_ask *ask)
{
	return ask->to->provider.at[0];
}

static const struct upstream_answer *
answered(struct arena *to, const char *text)
{
	struct upstream_answer *w = arena_get(to, sizeof *w);

	w->status = 200;
	w->body = str_of(text);
	return w;
}

static const struct upstream_answer *
issued(struct arena *to, const struct upstream_ask *ask, struct err *e)
{
	struct hospital *h = &hospitals[tenant_of(ask)];
	unsigned n = atomic_fetch_add(&tokens, 1);
	unsigned revision = (unsigned)ask->to->revision;

	usleep(n * 7919 % 2000);
	if (atomic_load(&h->away)) {
		err_why(e, ERR_UPSTREAM_TIMEOUT, "it is away");
		return NULL;
	}
	if (revision && revision < atomic_load(&h->oldest)) {
		err_why(e, ERR_UPSTREAM_AUTH, "the secret of before");
		return NULL;
	}
	return answered(
	    to, arena_printf(to,
		    "{\"access_token\":\"%u-%u-%u-%u\",\"expires_in\":%u}",
		    tenant_of(ask), revision, atomic_load(&h->epoch), n,
		    1 + n % 7));
}

static const struct upstream_answer *
endpoint(struct arena *to, const struct upstream_ask *ask, struct err *e)
{
	struct hospital *h = &hospitals[tenant_of(ask)];
	unsigned revision = (unsigned)ask->to->revision;
	const char *secret =
	    arena_printf(to, "client_secret=%s", h->secret[revision]);
	const struct upstream_answer *w;

	if (!memmem(ask->body.at, ask->body.len, secret, strlen(secret)))
		complain("somebody else's secret", ask->body.at);
	/* of strangers many have the same revision */
	if (atomic_fetch_add(&h->inside[revision], 1) && revision)
		complain("two ask for one token", secret);
	w = issued(to, ask, e);
	atomic_fetch_sub(&h->inside[revision], 1);
	return w;
}

static const struct upstream_answer *
door(struct engine *en, struct arena *to, const struct upstream_ask *ask,
    struct err *e)
{
	const char *own = arena_printf(to, "Authorization: Bearer %u-%u-",
	    tenant_of(ask), (unsigned)ask->to->revision);
	const char *line = ask->to->credential;
	unsigned long epoch;

	(void)en;
	if (ask->method == UPSTREAM_POST_FORM)
		return endpoint(to, ask, e);
	if (++shown > 2)
		complain("a third call", line);
	if (strncmp(line, own, strlen(own)) != 0)
		complain("somebody else's token", line);
	epoch = strtoul(line + strlen(own), NULL, 10);
	*ask->seen = (struct upstream_seen){ .status = 200, .tries = 1 };
	if (epoch == atomic_load(&hospitals[tenant_of(ask)].epoch))
		return answered(to, "{}");
	atomic_fetch_add(&ended, 1);
	ask->seen->status = 401;
	err_why(e, ERR_UPSTREAM_AUTH, "a token of before");
	return NULL;
}

/* ---- who asks ------------------------------------------------------------------- */

static void
count(enum err_kind kind, const char *why)
{
	switch (kind) {
	case ERR_NONE:
		good++;
		break;
	case ERR_UPSTREAM_AUTH: /* forgotten again at once */
	case ERR_UPSTREAM_TOKEN:
		refused++;
		break;
	case ERR_UPSTREAM_TOKEN_AWAY:
		away++;
		break;
	case ERR_UPSTREAM_BUSY:
		busy++;
		break;
	default:
		complain("another kind of error", why);
	}
}

/* stranger: 0, or which one; all of them have what is at revision 0. */
static enum err_kind
one_call(struct arena *a, unsigned t, unsigned stranger)
{
	struct hospital *h = &hospitals[t];
	unsigned revision = stranger ? 0 : atomic_load(&h->revision);
	const struct upstream_target to = {
		.provider.at = { (unsigned char)t, (unsigned char)stranger,
		    (unsigned char)(stranger >> 8) },
		.revision = revision,
		.base_url = "https://fhir.example/r4",
		.total_ms = 20000,
		.token = &h->how[revision],
		.tokens = room
	};
	const struct upstream_ask ask = { .to = &to, .path = STR("Patient/1") };
	struct err e = { .kind = ERR_NONE };

	shown = 0;
	if (!upauth_call(NULL, a, &ask, &e) != (e.kind != ERR_NONE))
		complain("an answer and an error, or neither", e.why);
	count(e.kind, e.why);
	return e.kind;
}

static void *
asks(void *ctx)
{
	struct arena *a = arena_new();
	unsigned n;

	(void)ctx;
	while ((n = atomic_fetch_add(&next_call, 1)) < CALLS) {
		one_call(a, n % TENANTS,
		    n % STRANGE ? 0 : 1 + n / STRANGE % STRANGERS);
		arena_reset(a);
	}
	arena_free(a);
	return NULL;
}

/* ---- who changes it --------------------------------------------------------------- */

static void
change(struct hospital *h, unsigned what)
{
	unsigned revision = atomic_load(&h->revision);

	switch (what % 8) {
	case 0:
		atomic_store(&h->away, true);
		break;
	case 1:
	case 2:
		atomic_fetch_add(&h->epoch, 1);
		break;
	case 3:
	case 4:
		if (revision + 1 < REVISIONS)
			atomic_store(&h->revision, revision + 1);
		break;
	case 5: /* who is at it with the former one is refused */
		atomic_store(&h->oldest, revision);
		break;
	default:
		atomic_store(&h->away, false);
	}
}

static void *
changes(void *ctx)
{
	unsigned seed = 1;

	(void)ctx;
	while (!atomic_load(&over)) {
		change(&hospitals[(unsigned)rand_r(&seed) % TENANTS],
		    (unsigned)rand_r(&seed));
		usleep(1000);
	}
	return NULL;
}

/* ---- the run ------------------------------------------------------------------------ */

static void
begin(void)
{
	unsigned t, r;

	for (t = 0; t < TENANTS; t++) {
		atomic_store(&hospitals[t].revision, 1);
		for (r = 0; r < REVISIONS; r++) {
			snprintf(hospitals[t].secret[r],
			    sizeof hospitals[t].secret[r], "s%u-%u-", t, r);
			hospitals[t].how[r] =
			    (struct credential_token){ .kind = CREDENTIAL_OAUTH,
				    .url = "https://login.example/token",
				    .client = "we",
				    .scope = "",
				    .resource = "",
				    .audience = "",
				    .secret = hospitals[t].secret[r] };
		}
	}
}

/* Failures are remembered for a moment, so not each call is let in at once. */
static void
all_are_let_in_again(void)
{
	int64_t until = clock_mono_ms() + SETTLE_S * 1000;
	struct arena *a = arena_new();
	unsigned t;

	for (t = 0; t < TENANTS; t++) {
		atomic_store(&hospitals[t].away, false);
		while (one_call(a, t, 0) != ERR_NONE && clock_mono_ms() < until)
			usleep(1000);
	}
	if (clock_mono_ms() >= until)
		complain("a tenant that stays out", "");
	arena_free(a);
}

int
main(void)
{
	static const struct upauth_doors doors = { door, fast_clock };
	pthread_t thread[THREADS], changer;
	size_t kept;
	int i;

	alarm(LONGEST_S);
	log_open("tsan_upauth", LOG_ERROR);
	begin();
	room = upauth_new(&doors);
	pthread_create(&changer, NULL, changes, NULL);
	for (i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, asks, NULL);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	atomic_store(&over, true);
	pthread_join(changer, NULL);
	all_are_let_in_again();
	if ((kept = upauth_count(room)) > UPAUTH_KEPT_MAX)
		complain("more are kept than may be", "");
	upauth_free(room);
	printf("tsan_upauth: %u good, %u refused, %u away, %u busy; %u tokens, "
	       "%u ended, %zu kept, %u wrong\n",
	    good, refused, away, busy, tokens, ended, kept, wrong);
	return wrong ? 1 : 0;
}
