/* audit.c - one row per access and refusal, durable before the answer leaves
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/audit.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "gate/meter.h"

#define BATCH_ROWS    AUDIT_TOGETHER_MAX
#define ROW_BYTES_MAX ((size_t)4096)
#define BATCH_BYTES   (BATCH_ROWS * ROW_BYTES_MAX)
#define GATHER_US     400

/* What one request has in the queue: its row, and those of its entries. Lives
 * on the stack of the thread that waits for it, or in the arena of a request
 * that nobody waits for. */
struct pending {
	struct pending *next;
	struct str wire;
	size_t rows;
	audit_told *told; /* NULL: its thread waits */
	void *ctx;
	int64_t until_ms; /* without a verdict by then it was not kept */
	sem_t done;
	bool taken;     /* by the writer: its owner waits for the verdict */
	int64_t change; /* as audit_keep tells it */
	/* Written last, before `done`, and read first after it: the thread
	 * sanitizer does not know sem_clockwait, but it knows this. */
	atomic_bool kept;
};

struct audit {
	struct db *db;
	struct db_conn *conn; /* the writer's; NULL: there is none */
	bool lost;            /* the writer's: its last rows, and it was told */
	const struct conf *conf;
	const char *program;
	char host[256];
	pthread_t thread;
	pthread_mutex_t lock; /* guards everything below */
	pthread_cond_t work;
	struct pending *first, **last;
	int64_t rows;   /* queued */
	int64_t queued; /* requests with them */
	int64_t wanted; /* the writer is called at that many; 0: it is busy */
	int64_t usual;  /* requests of the last batch */
	bool ending;
};

static struct timespec
after_us(int64_t us)
{
	struct timespec t;
	int64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &t);
	ns = t.tv_nsec + us % 1000000 * 1000;
	t.tv_sec += us / 1000000 + ns / 1000000000;
	t.tv_nsec = ns % 1000000000;
	return t;
}

/* Whoever was answered by the last commit asks again at about the same time:
 * the first of them would be committed alone and all others wait for it. So as
 * many as last time are given a moment to come together; who comes alone is
 * never made to wait, for then the last batch was one. */
static void
gather(struct audit *t)
{
	struct timespec until;

	while (!t->first && !t->ending) {
		t->wanted = 1;
		pthread_cond_wait(&t->work, &t->lock);
	}
	if (t->queued < t->usual) {
		until = after_us(GATHER_US);
		while (t->queued < t->usual && !t->ending) {
			t->wanted = t->usual;
			if (pthread_cond_timedwait(
				&t->work, &t->lock, &until) == ETIMEDOUT)
				break;
		}
	}
	t->wanted = 0;
}

/* What is committed together, and what has waited too long with nobody to give
 * it up. */
struct batch {
	struct pending *first, *late;
	size_t rows; /* to commit */
};

/* From the front of the queue. */
static struct pending *
take(struct audit *t)
{
	struct pending *p = t->first;

	t->first = p->next;
	if (!t->first)
		t->last = &t->first;
	t->rows -= (int64_t)p->rows;
	t->queued--;
	p->next = NULL;
	p->taken = true;
	return p;
}

static struct batch
fill(struct audit *t)
{
	struct batch b = { .rows = 0 };
	struct pending **last = &b.first, **late = &b.late, *p;
	int64_t now = clock_mono_ms();

	t->usual = 0;
	while (t->first && b.rows + t->first->rows <= BATCH_ROWS) {
		p = take(t);
		if (p->told && p->until_ms <= now) {
			*late = p;
			late = &p->next;
			continue;
		}
		*last = p;
		last = &p->next;
		b.rows += p->rows;
		t->usual++;
	}
	return b;
}

/* Takes what has gathered; nothing: the audit ends. */
static struct batch
next_batch(struct audit *t)
{
	struct batch b;

	pthread_mutex_lock(&t->lock);
	do /* those who came may have given up meanwhile */
		gather(t);
	while (!t->first && !t->ending);
	b = fill(t);
	meter_waiting(t->rows);
	pthread_mutex_unlock(&t->lock);
	return b;
}

static bool
commit(struct db_conn *c, struct arena *a, const struct pending *batch,
    size_t n, int64_t *change, struct err *e)
{
	struct buf b = buf_new(a, BATCH_BYTES);
	uint32_t oid = db_oid(c, "wardgate.audit_row", e);
	const struct db_rows *stored;
	struct db_arg rows;

	if (!oid)
		return false;
	audit_row_head(&b, oid, n);
	for (; batch; batch = batch->next)
		buf_put(&b, batch->wire.at, batch->wire.len);
	if (b.failed)
		return err_why(e, ERR_BROKEN, "audit batch too large");
	rows = db_arg_raw((struct str){ b.at, b.len });
	if (!(stored = db_ask_on(c, a, "audit_write", &rows, 1, e)))
		return false;
	*change = db_int(stored, 0, 0);
	return true;
}

/* The owner, and its memory, may be gone as soon as it is told. */
static void
release(struct pending *batch, bool kept, int64_t change)
{
	while (batch) {
		struct pending *p = batch;

		batch = p->next;
		if (p->told) {
			p->told(p->ctx, kept, change);
			continue;
		}
		p->change = change;
		atomic_store(&p->kept, kept);
		sem_post(&p->done);
	}
}

static void
commit_batch(struct audit *t, struct arena *a, const struct batch *b)
{
	struct err e = { .kind = ERR_NONE };
	int64_t change = 0;
	bool kept = commit(t->conn, a, b->first, b->rows, &change, &e);

	release(b->first, kept, change);
	if (!kept && !t->lost)
		log_event(LOG_ERROR, "audit_lost", LOG_WHY, e.why, LOG_COUNT,
		    (long)b->rows, LOG_END);
	else if (kept && t->lost)
		log_event(LOG_INFO, "audit_back", LOG_END);
	t->lost = !kept;
	arena_reset(a);
}

static void *
writer(void *arg)
{
	struct audit *t = arg;
	struct arena *a = arena_new();
	struct batch b;

	while (b = next_batch(t), b.first || b.late) {
		release(b.late, false, 0);
		if (b.first)
			commit_batch(t, a, &b);
	}
	arena_free(a);
	return NULL;
}

struct audit *
audit_alone(struct db *db, const struct conf *conf, const char *program)
{
	struct audit *t = calloc(1, sizeof *t);
	pthread_condattr_t attr;

	if (!t)
		abort();
	t->db = db;
	t->conf = conf;
	t->program = program;
	t->last = &t->first;
	gethostname(t->host, sizeof t->host - 1);
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->work, &attr);
	pthread_condattr_destroy(&attr);
	return t;
}

struct audit *
audit_start(
    struct db *db, const struct conf *conf, const char *program, struct err *e)
{
	struct audit *t = audit_alone(db, conf, program);

	if ((t->conn = db_take(db, e)) &&
	    db_oid(t->conn, "wardgate.audit_row", e) &&
	    !pthread_create(&t->thread, NULL, writer, t))
		return t;
	err_why(e, ERR_BROKEN, "audit writer did not start");
	if (t->conn)
		db_give(t->conn);
	free(t);
	return NULL;
}

void
audit_stop(struct audit *t)
{
	if (!t)
		return;
	if (t->conn) {
		pthread_mutex_lock(&t->lock);
		t->ending = true;
		pthread_cond_signal(&t->work);
		pthread_mutex_unlock(&t->lock);
		pthread_join(t->thread, NULL);
		db_give(t->conn);
	}
	free(t);
}

static bool
enqueue(struct audit *t, struct pending *p)
{
	bool room, wake;

	pthread_mutex_lock(&t->lock);
	room = t->rows < t->conf->audit_queue && !t->ending;
	if (room) {
		*t->last = p;
		t->last = &p->next;
		t->rows += (int64_t)p->rows;
		t->queued++;
		meter_waiting(t->rows);
	}
	wake = room && t->wanted && t->queued >= t->wanted;
	if (wake)
		t->wanted = 0; /* one call is enough */
	pthread_mutex_unlock(&t->lock);
	/* outside, or the writer would wake up to wait for this lock */
	if (wake)
		pthread_cond_signal(&t->work);
	return room;
}

/* Out of the queue, unless the writer has it. */
static bool
withdraw(struct audit *t, struct pending *p)
{
	struct pending **at;
	bool out;

	pthread_mutex_lock(&t->lock);
	out = !p->taken;
	for (at = &t->first; out && *at; at = &(*at)->next)
		if (*at == p) {
			*at = p->next;
			if (!p->next)
				t->last = at;
			t->rows -= (int64_t)p->rows;
			t->queued--;
			meter_waiting(t->rows);
			break;
		}
	pthread_mutex_unlock(&t->lock);
	return out;
}

/* The writer's own wait is bounded, so a row that it holds has a verdict
 * soon. */
static bool
verdict(struct audit *t, struct pending *p)
{
	struct timespec until = after_us(t->conf->audit_wait_ms * 1000);

	while (sem_clockwait(&p->done, CLOCK_MONOTONIC, &until)) {
		if (errno == EINTR)
			continue;
		if (withdraw(t, p))
			return false;
		while (sem_wait(&p->done))
			;
		break;
	}
	return atomic_load(&p->kept);
}

/* Handed to the writer; true when it says so. */
static bool
hand_over(struct audit *t, struct pending *p)
{
	bool kept;

	sem_init(&p->done, 0, 0);
	kept = enqueue(t, p) && verdict(t, p);
	sem_destroy(&p->done);
	return kept;
}

static bool
commit_alone(struct audit *t, struct arena *a, struct pending *p)
{
	struct err e = { .kind = ERR_NONE };
	struct db_conn *c = db_take(t->db, &e);
	bool kept = c && commit(c, a, p, p->rows, &p->change, &e);

	if (!kept)
		log_event(LOG_ERROR, "audit_lost", LOG_WHY, e.why, LOG_COUNT,
		    (long)p->rows, LOG_END);
	db_give(c);
	return kept;
}

static bool
write_down(struct pending *p, const struct audit *t, struct arena *a,
    const struct audit_row *row)
{
	struct buf b = buf_new(a, BATCH_BYTES);

	for (; row; row = row->with, p->rows++)
		audit_row_wire(&b, row, t->program, t->host);
	p->wire = (struct str){ b.at, b.len };
	return !b.failed && p->rows <= AUDIT_TOGETHER_MAX;
}

bool
audit_keep(struct audit *t, struct arena *a, const struct audit_row *row,
    int64_t *change, struct err *e)
{
	struct pending p = { .next = NULL };
	bool kept = write_down(&p, t, a, row) &&
	            (t->conn ? hand_over(t, &p) : commit_alone(t, a, &p));

	*change = kept ? p.change : 0;
	return kept || err_why(e, ERR_AUDIT, "the audit row was not kept");
}

bool
audit_post(struct audit *t, struct arena *a, const struct audit_row *row,
    audit_told *told, void *ctx)
{
	struct pending *p;

	if (!t->conn)
		return false;
	p = arena_get(a, sizeof *p);
	p->told = told;
	p->ctx = ctx;
	p->until_ms = clock_mono_ms() + t->conf->audit_wait_ms;
	return write_down(p, t, a, row) && enqueue(t, p);
}
