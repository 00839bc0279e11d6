/* fetch.h - the one door to libcurl: many transfers, one thread, no surprises
 * SPDX-License-Identifier: Apache-2.0
 *
 * A struct fetch is an event loop (epoll over curl_multi_socket_action) and
 * its pools. A pool (ext/fetch_pool) is everything that one provider
 * credential shares: connections, TLS sessions, handles. Two pools share
 * nothing (the class of CVE-2016-5419, CVE-2022-27782, CVE-2026-8932).
 *
 * What no caller can switch on: redirects, proxies, netrc, protocols other
 * than https (http where allowed), HTTP/0.9, TLS below 1.2 or unverified,
 * content codings other than gzip, names resolved by libcurl. Addresses are
 * given by the caller, pinned, and compared again when the socket is opened.
 *
 * One thread at a time: whoever calls holds the lock that fetch_turn is told
 * of. Nothing here waits but fetch_turn, which lets go of it meanwhile; so
 * several threads can begin transfers while one of them turns the loop. */
#ifndef EXT_FETCH_H
#define EXT_FETCH_H

#include <pthread.h>

#include "ext/fetch_run.h"

struct fetch;

/* fetch_init - once per process, before threads. false: ERR_BROKEN. */
bool fetch_init(struct err *e);

/* fetch_new - a loop of its own. ca_dir: hashed folder of trusted CAs; NULL:
 * the system's. Owned; fetch_free, with no job under way. NULL: ERR_BROKEN. */
struct fetch *fetch_new(const char *ca_dir, struct err *e);
void fetch_free(struct fetch *f);

/* fetch_begin - take a job on, and send what can be sent at once. done, of
 * this job or another, may be called before this returns. Errors (in job->e):
 *   ERR_UPSTREAM_CONNECT  no TCP or TLS connection
 *   ERR_UPSTREAM_TIMEOUT  connect_ms, total_ms, or slower than the limit
 *   ERR_UPSTREAM_BAD      cut off, not HTTP/1 or /2, bad coding
 *   ERR_UPSTREAM_LARGE    over a limit
 *   ERR_BUSY              the byte budget is spent; or ended by fetch_end_all
 *   ERR_BROKEN            the job makes no sense */
void fetch_begin(struct fetch *f, struct fetch_job *job);

/* fetch_end - give a job up: its done is called, with err kind and words. */
void fetch_end(struct fetch *f, struct fetch_job *job, enum err_kind kind,
    const char *why);

/* fetch_end_all - the same for every job under way: ERR_BUSY. */
void fetch_end_all(struct fetch *f);

/* fetch_turn - one turn of the loop: wait (at most wait_ms, without the lock),
 * move what can be moved, call done where it is. One thread at a time. */
void fetch_turn(struct fetch *f, int wait_ms, pthread_mutex_t *lock);

/* fetch_wake - makes a fetch_turn that waits return; needs no lock. */
void fetch_wake(struct fetch *f);

/* fetch_pools, fetch_running - how many, for tests and figures. */
unsigned fetch_pools(const struct fetch *f);
unsigned fetch_running(const struct fetch *f);

#endif
