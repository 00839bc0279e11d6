/* fetch.c - the one door to libcurl: many transfers, one thread, no surprises
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "ext/fetch_pool.h"

#define TICK_MS 1000
#define EVENTS  64
#define TIMERS  256        /* fired in one turn */
#define WAKE    UINT64_MAX /* epoll's word for the eventfd */

struct fetch {
	struct fetch_pools pools;
	int wake;
	const char *ca_dir;
	struct fetch_run *runs;
	unsigned running;
	int64_t tick_ms;
	int64_t waits_ms; /* somebody waits up to this time; 0: nobody does */
};

bool
fetch_init(struct err *e)
{
	CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

	return code == CURLE_OK ||
	       err_why(e, ERR_BROKEN, "libcurl: %s", curl_easy_strerror(code));
}

/* ---- jobs ------------------------------------------------------------------- */

static void
run_link(struct fetch *f, struct fetch_run *r)
{
	r->next = f->runs;
	if (r->next)
		r->next->prev = r;
	f->runs = r;
	f->running++;
}

static void
run_unlink(struct fetch *f, struct fetch_run *r)
{
	if (r->next)
		r->next->prev = r->prev;
	if (r->prev)
		r->prev->next = r->next;
	else
		f->runs = r->next;
	f->running--;
}

/* The last touch: the job's memory may be gone once done has been called. */
static void
finish(struct fetch *f, struct fetch_run *r, CURLcode code)
{
	struct fetch_job *job = r->job;

	fetch_run_over(r, code);
	if (code == CURLE_OK)
		fetch_pool_remember(r->pool, r->easy);
	curl_multi_remove_handle(r->pool->multi, r->easy);
	fetch_pool_back(r);
	run_unlink(f, r);
	job->run = NULL;
	job->done(job);
}

void
fetch_end(
    struct fetch *f, struct fetch_job *job, enum err_kind kind, const char *why)
{
	if (!job->run)
		return;
	fetch_run_cut(job->run, kind, why);
	finish(f, job->run, CURLE_ABORTED_BY_CALLBACK);
}

void
fetch_end_all(struct fetch *f)
{
	while (f->runs)
		fetch_end(f, f->runs->job, ERR_BUSY, "the process stops");
}

/* ---- the loop --------------------------------------------------------------- */

static void
reap(struct fetch *f, struct fetch_pool *p)
{
	struct fetch_run *r;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(p->multi, &left))) {
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &r);
		finish(f, r, code);
	}
}

static void
move(struct fetch *f, struct fetch_pool *p, curl_socket_t fd, int bits)
{
	int running;

	curl_multi_socket_action(p->multi, fd, bits, &running);
	reap(f, p);
}

static struct fetch_pool *
due(const struct fetch *f)
{
	struct fetch_pool *p = f->pools.armed;
	int64_t now = p ? clock_mono_ms() : 0;

	while (p && p->due_ms > now)
		p = p->armed_next;
	return p;
}

/* Firing one sets others, often to "now"; the list is searched afresh, and
 * sockets get their turn after a while whatever timers want. */
static void
fire_timers(struct fetch *f)
{
	struct fetch_pool *p;
	unsigned n;

	for (n = 0; n < TIMERS && (p = due(f)); n++) {
		fetch_pool_disarm(p);
		move(f, p, CURL_SOCKET_TIMEOUT, 0);
	}
}

static void
end_slow(struct fetch *f, int64_t now)
{
	struct fetch_run *r, *next;

	for (r = f->runs; r; r = next) {
		next = r->next;
		if (fetch_run_slow(r, now))
			fetch_end(f, r->job, ERR_UPSTREAM_TIMEOUT,
			    "the answer came too slowly");
	}
}

/* Once a second: slow answers are cut off, and pools that nobody needs go. */
static void
tick(struct fetch *f)
{
	int64_t now = clock_mono_ms();

	if (now < f->tick_ms)
		return;
	f->tick_ms = now + TICK_MS;
	end_slow(f, now);
	fetch_pools_sweep(&f->pools, now);
}

static int64_t
next_ms(const struct fetch *f)
{
	int64_t until = f->pools.n ? f->tick_ms : INT64_MAX;
	const struct fetch_pool *p;

	for (p = f->pools.armed; p; p = p->armed_next)
		if (p->due_ms < until)
			until = p->due_ms;
	return until;
}

/* The one place where time passes, and where the lock is let go. */
static int
events(
    struct fetch *f, struct epoll_event *ev, int wait_ms, pthread_mutex_t *lock)
{
	int64_t now = clock_mono_ms(), until = next_ms(f);
	int n;

	if (until - now < wait_ms)
		wait_ms = until > now ? (int)(until - now) : 0;
	f->waits_ms = now + wait_ms;
	pthread_mutex_unlock(lock);
	n = epoll_wait(f->pools.epoll, ev, EVENTS, wait_ms);
	pthread_mutex_lock(lock);
	f->waits_ms = 0;
	return n;
}

void
fetch_turn(struct fetch *f, int wait_ms, pthread_mutex_t *lock)
{
	struct epoll_event ev[EVENTS];
	int i, n = events(f, ev, wait_ms, lock);

	for (i = 0; i < n; i++) {
		uint64_t word = ev[i].data.u64;
		struct fetch_pool *p;
		int bits = 0;

		if (word == WAKE || !(p = f->pools.slot[word >> 32]))
			continue;
		if (ev[i].events & (EPOLLIN | EPOLLHUP))
			bits |= CURL_CSELECT_IN;
		if (ev[i].events & EPOLLOUT)
			bits |= CURL_CSELECT_OUT;
		if (ev[i].events & EPOLLERR)
			bits |= CURL_CSELECT_ERR;
		move(f, p, (curl_socket_t)(word & UINT32_MAX), bits);
	}
	fire_timers(f);
	tick(f);
	ERR_clear_error();
}

/* Edge-triggered, so that nobody has to read it back. */
void
fetch_wake(struct fetch *f)
{
	uint64_t one = 1;
	ssize_t n = write(f->wake, &one, sizeof one);

	(void)n; /* full means: it is awake */
}

static void
refuse(struct fetch_job *job, enum err_kind kind, const char *why)
{
	err_why(&job->e, kind, "%s", why);
	job->done(job);
}

void
fetch_begin(struct fetch *f, struct fetch_job *job)
{
	struct fetch_run *r;
	struct fetch_pool *p;

	if (!job->addrs_n || !job->total_ms || !job->connect_ms ||
	    (!job->url.https && !job->plain_http)) {
		refuse(job, ERR_BROKEN, "a transfer that makes no sense");
		return;
	}
	if (!(p = fetch_pool_for(&f->pools, job))) {
		refuse(job, ERR_BUSY, "too many providers at once");
		return;
	}
	job->run = r = arena_get(job->a, sizeof *r);
	job->body = buf_new(job->a, job->limits->body_bytes);
	r->job = job;
	r->began_us = clock_mono_us();
	fetch_pool_lend(p, r, f->ca_dir);
	run_link(f, r);
	fetch_run_set(r);
	if (curl_multi_add_handle(p->multi, r->easy) != CURLM_OK)
		finish(f, r, CURLE_FAILED_INIT);
	fire_timers(f);
	if (next_ms(f) < f->waits_ms)
		fetch_wake(f);
	ERR_clear_error(); /* of TLS, in a thread that has its own crypto */
}

/* ---- birth and end ---------------------------------------------------------- */

struct fetch *
fetch_new(const char *ca_dir, struct err *e)
{
	struct epoll_event ev = { EPOLLIN | EPOLLET, { .u64 = WAKE } };
	struct fetch *f = calloc(1, sizeof *f);

	if (!f)
		abort(); /* no memory */
	f->ca_dir = ca_dir;
	f->pools.epoll = epoll_create1(EPOLL_CLOEXEC);
	f->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (f->pools.epoll < 0 || f->wake < 0 ||
	    epoll_ctl(f->pools.epoll, EPOLL_CTL_ADD, f->wake, &ev)) {
		err_why(e, ERR_BROKEN, "epoll: %s", strerror(errno));
		fetch_free(f);
		return NULL;
	}
	return f;
}

void
fetch_free(struct fetch *f)
{
	if (!f)
		return;
	fetch_pools_clear(&f->pools);
	if (f->wake >= 0)
		close(f->wake);
	if (f->pools.epoll >= 0)
		close(f->pools.epoll);
	free(f);
}

unsigned
fetch_pools(const struct fetch *f)
{
	return f->pools.n;
}

unsigned
fetch_running(const struct fetch *f)
{
	return f->running;
}
