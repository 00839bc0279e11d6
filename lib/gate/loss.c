/* loss.c - counts what conversion could not carry, per tenant and element
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/loss.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"

#define ROWS_MAX  500 /* in one transaction */
#define ROW_BYTES ((size_t)512)
#define FULL      (LOSS_PLACES / 4 * 3) /* from there on probing gets long */
#define NAME_SETS (LOSS_NAMES * 2)

/* Open addressing; an entry without times is a free place. */
struct table {
	size_t n;
	struct loss_entry at[LOSS_PLACES];
};

struct loss {
	struct db *db;
	bool threaded;
	bool failing; /* the writer's own: told already */
	pthread_t thread;

	pthread_mutex_t lock; /* guards everything below */
	pthread_cond_t due;   /* ending, or a table nearly full */
	struct table *now;    /* being counted in */
	struct table *spare;  /* empty; NULL while it is being written */
	struct arena *names;
	const char *name[NAME_SETS]; /* open addressing, never emptied */
	size_t n_names;
	uint64_t missed; /* found no place since the last writing */
	bool ending;
};

static const char *const fates[CONVERT_FATE__MAX] = {
	[CONVERT_EXTENSION] = "extension",
	[CONVERT_CODE] = "other code",
	[CONVERT_DROPPED] = "dropped",
	[CONVERT_UNKNOWN] = "not converted",
};

/* ---- counting ------------------------------------------------------------ */

static bool
letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The database looks closely; here it is enough that no text of a record can
 * stand in a name. */
static bool
is_name(const char *s)
{
	size_t i;

	if (!(s[0] >= 'A' && s[0] <= 'Z'))
		return false;
	for (i = 1; s[i] && i < LOSS_ELEMENT_MAX; i++)
		if (!letter(s[i]) && !(s[i] >= '0' && s[i] <= '9') &&
		    !strchr(".[]", s[i]))
			return false;
	return !s[i];
}

static uint64_t
mix(uint64_t h, uint64_t with)
{
	h = (h ^ with) * 0x9e3779b97f4a7c15u;
	return h ^ (h >> 29);
}

/* The one copy of a name; NULL: there are too many already. */
static const char *
name_of(struct loss *l, const char *text)
{
	size_t n = strlen(text);
	uint64_t h = 0;
	const char **at;

	for (size_t i = 0; i < n; i++)
		h = mix(h, (unsigned char)text[i]);
	while (*(at = &l->name[h & (NAME_SETS - 1)]) && strcmp(*at, text))
		h++;
	if (!*at && l->n_names < LOSS_NAMES) {
		l->n_names++;
		*at = arena_dup(l->names, text, n + 1);
	}
	return *at;
}

static bool
same(const struct loss_entry *a, const struct loss_entry *b)
{
	return a->element == b->element && a->fate == b->fate &&
	       a->from == b->from && a->to == b->to &&
	       guid_eq(&a->tenant, &b->tenant);
}

/* Where it is or could be; the table always has free places. */
static struct loss_entry *
place(struct table *t, const struct loss_entry *what)
{
	uint64_t half[2], h;
	struct loss_entry *at;

	memcpy(half, what->tenant.at, sizeof half);
	h = mix(mix(half[0], half[1]), (uintptr_t)what->element);
	h = mix(h, (uint64_t)what->fate << 8 | (uint64_t)what->from << 4 |
		       (uint64_t)what->to);
	while ((at = &t->at[h & (LOSS_PLACES - 1)])->times && !same(at, what))
		h++;
	return at;
}

/* Under the lock; the element is one of ours. */
static void
count(struct loss *l, const struct loss_entry *what)
{
	struct loss_entry *at = place(l->now, what);

	if (at->times) {
		at->times += what->times;
	} else if (l->now->n < FULL) {
		*at = *what;
		if (++l->now->n == FULL / 2)
			pthread_cond_signal(&l->due);
	} else {
		l->missed += what->times;
	}
}

void
loss_note(struct loss *l, const struct loss_entry *what)
{
	struct loss_entry mine = *what;

	if (!what->times || !is_name(what->element))
		return;
	pthread_mutex_lock(&l->lock);
	mine.element = name_of(l, what->element);
	if (mine.element)
		count(l, &mine);
	else
		l->missed += what->times;
	pthread_mutex_unlock(&l->lock);
}

void
loss_note_all(struct loss *l, const struct guid *tenant,
    const struct convert_losses *losses)
{
	for (const struct convert_loss *x = losses->first; x; x = x->next)
		loss_note(l, &(struct loss_entry){ .tenant = *tenant,
				 .from = x->from,
				 .to = x->to,
				 .element = x->element,
				 .fate = x->fate,
				 .times = x->times });
}

size_t
loss_waiting(struct loss *l)
{
	size_t n;

	pthread_mutex_lock(&l->lock);
	n = l->now->n;
	pthread_mutex_unlock(&l->lock);
	return n;
}

/* ---- writing ------------------------------------------------------------- */

/* The table that was counted in, for the writer alone. */
static struct table *
take(struct loss *l)
{
	struct table *full;
	uint64_t missed;

	pthread_mutex_lock(&l->lock);
	full = l->now;
	l->now = l->spare;
	l->spare = NULL;
	missed = l->missed;
	l->missed = 0;
	pthread_mutex_unlock(&l->lock);
	if (missed)
		log_event(LOG_WARN, "loss_without_place", LOG_COUNT,
		    (long)missed, LOG_END);
	return full;
}

/* What was not written is counted again, beside what came meanwhile. */
static void
give_back(struct loss *l, struct table *t)
{
	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < LOSS_PLACES; i++)
		if (t->at[i].times)
			count(l, &t->at[i]);
	memset(t, 0, sizeof *t);
	l->spare = t;
	pthread_mutex_unlock(&l->lock);
}

static void
put_row(struct buf *b, const struct loss_entry *x)
{
	char tenant[GUID_LEN + 1];

	guid_write(tenant, &x->tenant);
	buf_fmt(b,
	    "{\"tenant\":\"%s\",\"from_version\":\"%s\",\"to_version\":\"%s\","
	    "\"fate\":\"%s\",\"times\":%llu,\"element\":",
	    tenant, version_name(x->from), version_name(x->to), fates[x->fate],
	    (unsigned long long)x->times);
	buf_json(b, x->element, strlen(x->element));
	buf_char(b, '}');
}

/* Some rows from *from on, which moves behind them; written ones are free
 * places from then on. */
static bool
write_some(struct loss *l, struct arena *a, struct table *t, size_t *from,
    struct err *e)
{
	struct buf b = buf_new(a, ROWS_MAX * ROW_BYTES);
	struct db_arg rows;
	size_t i, n = 0;

	for (i = *from; i < LOSS_PLACES && n < ROWS_MAX; i++)
		if (t->at[i].times) {
			buf_char(&b, n++ ? ',' : '[');
			put_row(&b, &t->at[i]);
		}
	buf_char(&b, ']');
	if (b.failed)
		return err_why(e, ERR_BROKEN, "rows too long");
	rows = db_arg_text((struct str){ b.at, b.len });
	if (n && !db_ask(l->db, a, "loss_add", &rows, 1, e))
		return false;
	for (; *from < i; ++*from)
		t->at[*from].times = 0;
	return true;
}

bool
loss_write(struct loss *l, struct err *e)
{
	struct table *t = take(l);
	struct arena *a = arena_new();
	bool ok = true;

	for (size_t from = 0; ok && t->n && from < LOSS_PLACES;) {
		ok = write_some(l, a, t, &from, e);
		arena_reset(a);
	}
	arena_free(a);
	give_back(l, t);
	return ok;
}

/* ---- the thread ---------------------------------------------------------- */

/* Told once when it begins to fail and once when it works again. */
static void
write_and_tell(struct loss *l)
{
	struct err e = { .kind = ERR_NONE };
	bool ok = loss_write(l, &e);

	if (!ok && !l->failing)
		log_event(LOG_WARN, "loss_not_written", LOG_WHY,
		    e.why[0] ? e.why : e.said, LOG_END);
	else if (ok && l->failing)
		log_event(LOG_INFO, "loss_written", LOG_END);
	l->failing = !ok;
}

/* A table that fills is written early, but not again and again to a database
 * that does not take it. */
static bool
wait_until_due(struct loss *l)
{
	struct timespec until;
	bool on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LOSS_WRITE_MS / 1000;
	pthread_mutex_lock(&l->lock);
	while (!l->ending && (l->failing || l->now->n < FULL / 2) &&
	       !pthread_cond_timedwait(&l->due, &l->lock, &until))
		;
	on = !l->ending;
	pthread_mutex_unlock(&l->lock);
	return on;
}

static void *
writer(void *arg)
{
	struct loss *l = arg;

	while (wait_until_due(l))
		write_and_tell(l);
	return NULL;
}

/* ---- the life of it ------------------------------------------------------ */

static void *
zeroed(size_t n)
{
	void *at = calloc(1, n);

	if (!at)
		abort();
	return at;
}

struct loss *
loss_alone(struct db *db)
{
	struct loss *l = zeroed(sizeof *l);
	pthread_condattr_t attr;

	l->db = db;
	l->now = zeroed(sizeof *l->now);
	l->spare = zeroed(sizeof *l->spare);
	l->names = arena_new();
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->due, &attr);
	pthread_condattr_destroy(&attr);
	return l;
}

static void
discard(struct loss *l)
{
	pthread_cond_destroy(&l->due);
	pthread_mutex_destroy(&l->lock);
	arena_free(l->names);
	free(l->now);
	free(l->spare);
	free(l);
}

struct loss *
loss_start(struct db *db, struct err *e)
{
	struct loss *l = loss_alone(db);

	l->threaded = !pthread_create(&l->thread, NULL, writer, l);
	if (l->threaded)
		return l;
	discard(l);
	err_why(e, ERR_BROKEN, "the writer of the loss report did not start");
	return NULL;
}

void
loss_stop(struct loss *l)
{
	if (!l)
		return;
	if (l->threaded) {
		pthread_mutex_lock(&l->lock);
		l->ending = true;
		pthread_cond_signal(&l->due);
		pthread_mutex_unlock(&l->lock);
		pthread_join(l->thread, NULL);
	}
	write_and_tell(l);
	discard(l);
}
