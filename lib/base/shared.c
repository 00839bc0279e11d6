/* shared.c - memory that the processes of one host have in common
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define MAGIC          0x3164657261686777 /* "wghared1" */
#define HEAD           64                 /* bytes before the user's own */
#define TRIES          500
#define TRY_MS         10
#define NAME_MAX_BYTES 64

struct head {
	uint64_t magic, layout, bytes;
};

static bool
refused(const struct shared_plan *p, const char *what, struct err *e)
{
	return err_set(e, ERR_CONF,
	    "%s/%s: %s: %s. The folder must be there and the program's group "
	    "must be allowed to write to it; see shared_dir in "
	    "wardgate.conf(5).",
	    p->dir, p->name, what, strerror(errno));
}

/* ---- the folder, and one at a time ------------------------------------------- */

/* Whoever dies meanwhile lets go by that. */
static bool
lock(int dir)
{
	const struct timespec pause = { .tv_nsec = TRY_MS * 1000000L };
	int i;

	for (i = 0; i < TRIES; i++) {
		if (!flock(dir, LOCK_EX | LOCK_NB))
			return true;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		nanosleep(&pause, NULL);
	}
	return false;
}

static int
folder(const struct shared_plan *p, struct err *e)
{
	int dir = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (dir < 0) {
		refused(p, "its folder cannot be opened", e);
		return -1;
	}
	if (!fstat(dir, &st) && !(st.st_mode & S_IWOTH)) {
		if (lock(dir))
			return dir;
		refused(p, "others do not let go of it", e);
	} else {
		err_set(e, ERR_CONF,
		    "%s: everybody may write there; run `chmod o-w %s`.",
		    p->dir, p->dir);
	}
	close(dir);
	return -1;
}

/* ---- the file ------------------------------------------------------------------ */

static void *
mapped(int fd, size_t bytes)
{
	void *at =
	    mmap(NULL, HEAD + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static bool
same(const struct head *h, const struct shared_plan *p)
{
	return h->magic == MAGIC && h->layout == p->layout &&
	       h->bytes == p->bytes;
}

enum found { NONE, OTHER, SAME, UNREADABLE };

/* *at receives the whole mapping of a file that fits. */
static enum found
look(int dir, const struct shared_plan *p, char **at)
{
	int fd = openat(dir, p->name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct head h;
	struct stat st;
	enum found found = OTHER;

	*at = NULL;
	if (fd < 0)
		return errno == ENOENT ? NONE : UNREADABLE;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    st.st_size == (off_t)(HEAD + p->bytes) &&
	    pread(fd, &h, sizeof h, 0) == (ssize_t)sizeof h && same(&h, p))
		found = (*at = mapped(fd, p->bytes)) ? SAME : UNREADABLE;
	close(fd);
	return found;
}

/* All of its pages are there before anybody counts on them: a file system that
 * is full says so now. */
static char *
filled(int fd, const struct shared_plan *p)
{
	const struct head h = { MAGIC, p->layout, p->bytes };
	char *at;
	int err = posix_fallocate(fd, 0, (off_t)(HEAD + p->bytes));

	if (err) {
		errno = err;
		return NULL;
	}
	if (fchmod(fd, 0660) || !(at = mapped(fd, p->bytes)))
		return NULL;
	if (p->fill)
		p->fill(at + HEAD);
	memcpy(at, &h, sizeof h);
	return at;
}

/* Nobody sees it by its name before it is whole. */
static char *
made(int dir, const struct shared_plan *p, struct err *e)
{
	char half[NAME_MAX_BYTES];
	char *at = NULL;
	int fd;

	snprintf(half, sizeof half, "%s.new", p->name);
	unlinkat(dir, half, 0);
	fd = openat(dir, half,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && (at = filled(fd, p)) &&
	    renameat(dir, half, dir, p->name)) {
		munmap(at, HEAD + p->bytes);
		at = NULL;
	}
	if (!at)
		refused(p, "it cannot be made", e);
	if (fd >= 0)
		close(fd);
	return at;
}

static void
tell(const struct shared_plan *p)
{
	log_event(LOG_WARN, "shared_memory_replaced", LOG_FILE, p->name,
	    LOG_WHY,
	    "it was of another layout or size: what was counted there counts "
	    "no more, and programs that were started before go on with it",
	    LOG_END);
}

void *
shared_open(const struct shared_plan *p, struct err *e)
{
	int dir = folder(p, e);
	enum found found;
	char *at;

	if (dir < 0)
		return NULL;
	found = look(dir, p, &at);
	if (found == UNREADABLE)
		refused(p, "it cannot be opened", e);
	else if (found != SAME && (at = made(dir, p, e)) && found == OTHER)
		tell(p);
	close(dir); /* and with it the lock */
	return at ? at + HEAD : NULL;
}

void
shared_close(void *at, size_t bytes)
{
	if (at)
		munmap((char *)at - HEAD, HEAD + bytes);
}

/* FNV-1a: different in all likelihood is enough here. */
uint64_t
shared_mix(uint64_t layout, uint64_t number)
{
	int i;

	for (i = 0; i < 8; i++, number >>= 8)
		layout = (layout ^ 0xcbf29ce484222325 ^ (number & 0xff)) *
		         0x100000001b3;
	return layout;
}

uint64_t
shared_mix_text(uint64_t layout, const char *word)
{
	do
		layout = shared_mix(layout, (unsigned char)*word);
	while (*word++);
	return layout;
}
