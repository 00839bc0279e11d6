/* doctor_base.c - the gateway as its callers see it, looked at from here
 * SPDX-License-Identifier: Apache-2.0 */
#include <netdb.h>
#include <pthread.h>
#include <string.h>

#include "app/doctor.h"
#include "base/clock.h"
#include "ext/fetch.h"
#include "ext/js.h"

#define CONNECT_MS 3000
#define TOTAL_MS   8000
#define BODY_BYTES ((size_t)64 * 1024)
#define ADDRS_MAX  8
#define TURN_MS    200

/* This gateway's own name may lead to wherever its hosts are, this one too. */
static const char *const here[] = { "10.0.0.0/8", "100.64.0.0/10",
	"172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "fc00::/7" };

static const struct fetch_limits limits = { BODY_BYTES, 32768, 100, 1, 8 };

/* One question after the other, on one connection. */
struct asking {
	struct doctor *d;
	struct arena *a;
	struct fetch *f;
	struct fetch_url url; /* of public_base */
	struct fetch_addr addrs[ADDRS_MAX];
	unsigned n;
	struct fetch_net nets[COUNT(here)];
	bool done;
	int64_t before_us, after_us; /* of the last question */
};

/* ---- asking --------------------------------------------------------------------- */

static bool
find_addresses(struct asking *q)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all, *i;

	if (getaddrinfo(q->url.host, NULL, &hints, &all))
		return false;
	for (i = all; i && q->n < ADDRS_MAX; i = i->ai_next) {
		const struct sockaddr_in *in = (const void *)i->ai_addr;
		const struct sockaddr_in6 *in6 = (const void *)i->ai_addr;
		struct fetch_addr *to = &q->addrs[q->n];

		*to = (struct fetch_addr){ .port = q->url.port };
		to->v6 = i->ai_family == AF_INET6;
		if (to->v6)
			memcpy(to->at, &in6->sin6_addr, 16);
		else
			memcpy(to->at, &in->sin_addr, 4);
		q->n++;
	}
	freeaddrinfo(all);
	return q->n > 0;
}

static void
on_done(struct fetch_job *job)
{
	((struct asking *)job->ctx)->done = true;
}

/* GET public_base + path; heads: more fields, NULL ends; or NULL. */
static const struct fetch_job *
get(struct asking *q, const char *path, char *const *heads)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct fetch_job *job = arena_get(q->a, sizeof *job);
	size_t i;

	job->a = q->a;
	job->url = q->url;
	job->url.path = path;
	job->addrs = q->addrs;
	job->addrs_n = q->n;
	job->plain_http = !q->url.https;
	job->guard = (struct fetch_guard){ true, q->nets, COUNT(here) };
	for (i = 0; heads && heads[i]; i++)
		job->heads[i] = heads[i];
	job->connect_ms = CONNECT_MS;
	job->total_ms = TOTAL_MS;
	job->limits = &limits;
	job->done = on_done;
	job->ctx = q;
	q->done = false;
	q->before_us = clock_now_us();
	pthread_mutex_lock(&lock);
	fetch_begin(q->f, job);
	while (!q->done)
		fetch_turn(q->f, TURN_MS, &lock);
	pthread_mutex_unlock(&lock);
	q->after_us = clock_now_us();
	return job;
}

/* ---- what is asked ---------------------------------------------------------------- */

/* false: the other questions make no sense. */
static bool
look_at_issuer(struct asking *q)
{
	const char *base = q->d->conf->public_base;
	const struct fetch_job *j =
	    get(q, "/.well-known/oauth-authorization-server", NULL);
	struct err e = { .kind = ERR_NONE };
	const struct json_t *o;
	struct str issuer = { NULL, 0 };

	if (j->e.kind != ERR_NONE && !j->status) {
		doctor_say(q->d, "public base", DOCTOR_FAULT,
		    arena_printf(q->a, "%s cannot be reached: %s", base,
			*j->e.why ? j->e.why : j->e.said),
		    "check its name, the web server and its certificate, from "
		    "this host too");
		return false;
	}
	o = j->status == 200
	        ? js_read(q->a, (struct str){ j->body.at, j->body.len },
		      BODY_BYTES, &e)
	        : NULL;
	if (!o || !js_text(o, "issuer", &issuer)) {
		doctor_say(q->d, "public base", DOCTOR_FAULT,
		    arena_printf(q->a,
			"%s answers, but not as this gateway (status %d)", base,
			j->status),
		    "let the web server hand /.well-known/, /oauth2/ and "
		    "/fhir to the programs");
		return false;
	}
	if (!str_is(issuer, base)) {
		doctor_say(q->d, "public base", DOCTOR_FAULT,
		    arena_printf(q->a, "%s calls itself %.*s", base,
			(int)(issuer.len > 200 ? 200 : issuer.len), issuer.at),
		    "set public_base alike on all hosts, and restart the "
		    "programs: tokens of one are refused by the other");
		return true;
	}
	doctor_say(q->d, "public base", DOCTOR_OK,
	    arena_printf(q->a, "%s is this gateway", base), NULL);
	return true;
}

static void
look_at_clock(struct asking *q)
{
	const struct fetch_job *j = get(q, "/healthz", NULL);
	int64_t s = j->date.at ? fetch_date(str_text(q->a, j->date)) : -1;

	if (s < 0)
		doctor_say(q->d, "clock of the public base", DOCTOR_UNSEEN,
		    "its answer carries no Date", NULL);
	else /* whole seconds, cut off */
		doctor_clock(q->d, "the public base", s * 1000000 + 500000,
		    q->before_us, q->after_us);
}

/* A token that is none is refused in other words than no token at all. */
static void
look_at_authorization(struct asking *q)
{
	char request[DOCTOR_REQUEST_LEN + 1];
	char *const heads[] = { (char[]){
				    "Authorization: Bearer wardgate-doctor" },
		arena_printf(q->a, "X-Request-Id: %s", doctor_request(request)),
		(char[]){ "X-Forwarded-For: " DOCTOR_FORGED },
		(char[]){ "Forwarded: for=" DOCTOR_FORGED }, NULL };
	const struct fetch_job *j = get(q, "/fhir/r4/Patient/doctor", heads);
	const char *challenge =
	    j->challenge.at ? str_text(q->a, j->challenge) : "";

	if (j->status == 401 && strstr(challenge, "invalid_token"))
		doctor_say(q->d, "Authorization", DOCTOR_OK,
		    "it reaches the programs", NULL);
	else if (j->status == 401)
		doctor_say(q->d, "Authorization", DOCTOR_FAULT,
		    "the web server strips the Authorization field: every "
		    "FHIR request will be refused",
		    "Apache: CGIPassAuth On; a proxy in front: let it pass "
		    "Authorization");
	else
		doctor_say(q->d, "Authorization", DOCTOR_WARNING,
		    arena_printf(q->a,
			"a request with a bad token was answered %d, not 401",
			j->status),
		    "let the web server hand /fhir to the programs; look at "
		    "the log of facade");
	if (j->status == 401)
		doctor_source(q->d, request);
}

static void
look_at_ready(struct asking *q)
{
	const struct fetch_job *j = get(q, "/readyz", NULL);

	if (j->status == 200)
		doctor_say(q->d, "readiness", DOCTOR_OK,
		    "/readyz says that the gateway is fit for work", NULL);
	else
		doctor_say(q->d, "readiness", DOCTOR_FAULT,
		    arena_printf(q->a, "/readyz answers %d", j->status),
		    arena_printf(q->a, "curl %s/readyz names the reason",
			q->d->conf->public_base));
}

static void
look_at_keys(struct asking *q, const char *kid)
{
	const struct fetch_job *j = get(q, "/oauth2/jwks", NULL);

	if (j->status == 200 &&
	    memmem(j->body.at, j->body.len, kid, strlen(kid)))
		doctor_say(q->d, "published keys", DOCTOR_OK,
		    "the key that signs is among them", NULL);
	else
		doctor_say(q->d, "published keys", DOCTOR_FAULT,
		    arena_printf(
			q->a, "the key that signs, %s, is not published", kid),
		    arena_printf(q->a,
			"copy %s.pem into %s on every host, mode 0644", kid,
			q->d->conf->public_key_dir));
}

/* Whoever gives no name and no passphrase must not be somebody. */
static void
look_at_remote_user(struct asking *q)
{
	static const char subject[] = "sign-in by the web server",
			  act[] = "let it authenticate everything below "
				  "/admin/, as admin(8) shows";
	int status = get(q, "/admin/signin", NULL)->status;

	if (status == 401 || (status >= 300 && status < 400))
		doctor_say(q->d, subject, DOCTOR_OK,
		    "who comes to /admin is asked who they are", NULL);
	else if (status == 200)
		doctor_say(q->d, subject, DOCTOR_FAULT,
		    "the web server gives a REMOTE_USER to those who gave "
		    "no credentials: they can sign in",
		    act);
	else
		doctor_say(q->d, subject, DOCTOR_WARNING,
		    arena_printf(q->a,
			"who comes to /admin without credentials is answered "
			"%d and not asked for any",
			status),
		    act);
}

static void
look(struct asking *q, const char *kid)
{
	if (!look_at_issuer(q))
		return;
	look_at_clock(q);
	look_at_authorization(q);
	look_at_ready(q);
	if (kid)
		look_at_keys(q, kid);
	if (q->d->conf->portal_remote_user == CONF_ON)
		look_at_remote_user(q);
}

void
doctor_base(struct doctor *d, const char *kid)
{
	struct asking q = { .d = d, .a = command_arena(d->c) };
	struct err e = { .kind = ERR_NONE };
	size_t i;

	for (i = 0; i < COUNT(here); i++)
		fetch_net_read(&q.nets[i], str_of(here[i]));
	if (!fetch_url_read(q.a, str_of(d->conf->public_base), &q.url) ||
	    !find_addresses(&q)) {
		doctor_say(d, "public base", DOCTOR_FAULT,
		    arena_printf(
			q.a, "%s has no address", d->conf->public_base),
		    "check the name in public_base, and this host's resolver");
		return;
	}
	if (!fetch_init(&e) || !(q.f = fetch_new(NULL, &e))) {
		doctor_say(d, "public base", DOCTOR_UNSEEN, e.why, NULL);
		return;
	}
	look(&q, kid);
	fetch_free(q.f);
}
