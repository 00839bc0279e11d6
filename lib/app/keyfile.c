/* keyfile.c - key files: made whole or not at all, never over an old one
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/enc.h"
#include "ext/crypt.h"

struct making {
	const char *dir, *name;
	int folder, file;
	char beside[32]; /* its name until it is whole; "" if there is none */
};

static bool
failed(const struct making *m, const char *doing, struct err *e)
{
	return err_set(e, ERR_CONF, "%s/%s: cannot %s: %s.", m->dir, m->name,
	    doing, strerror(errno));
}

static bool
open_folder(struct making *m, bool secret, struct err *e)
{
	if (mkdir(m->dir, secret ? 0750 : 0755) && errno != EEXIST)
		return failed(m, "make its folder", e);
	m->folder = open(m->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return m->folder >= 0 || failed(m, "open its folder", e);
}

/* A name that begins with a dot is none of a key. */
static bool
open_beside(struct making *m, struct err *e)
{
	unsigned char random[8];

	memcpy(m->beside, ".new-", 5);
	crypt_random(random, sizeof random);
	enc_hex(m->beside + 5, random, sizeof random);
	m->file = openat(m->folder, m->beside,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (m->file >= 0)
		return true;
	m->beside[0] = '\0';
	return failed(m, "be made", e);
}

static bool
fill(const struct making *m, struct str bytes, struct err *e)
{
	ssize_t n;

	while (bytes.len) {
		n = write(m->file, bytes.at, bytes.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return failed(m, "be written", e);
		bytes.at += n;
		bytes.len -= (size_t)n;
	}
	return true;
}

/* Whoever may enter the folder by its group is meant to read its secrets;
 * where we may not give the file to that group, the owner alone reads. */
static bool
set_mode(const struct making *m, bool secret, struct err *e)
{
	struct stat folder, file;
	mode_t mode = secret ? 0600 : 0644;

	if (fstat(m->folder, &folder) || fstat(m->file, &file))
		return failed(m, "be looked at", e);
	if (secret && (folder.st_mode & S_IXGRP) &&
	    (file.st_gid == folder.st_gid ||
		!fchown(m->file, (uid_t)-1, folder.st_gid)))
		mode = 0640;
	return !fchmod(m->file, mode) || failed(m, "get its mode", e);
}

static bool
give_name(struct making *m, struct err *e)
{
	if (fsync(m->file))
		return failed(m, "be written", e);
	if (renameat2(
		m->folder, m->beside, m->folder, m->name, RENAME_NOREPLACE)) {
		if (errno != EEXIST)
			return failed(m, "get its name", e);
		return err_set(e, ERR_CONFLICT,
		    "%s/%s is there already; key files are never replaced.",
		    m->dir, m->name);
	}
	m->beside[0] = '\0';
	return !fsync(m->folder) || failed(m, "be made to last", e);
}

bool
keyfile_write(const char *dir, const char *name, struct str bytes, bool secret,
    struct err *e)
{
	struct making m = { dir, name, -1, -1, "" };
	bool good;

	good = open_folder(&m, secret, e) && open_beside(&m, e) &&
	       fill(&m, bytes, e) && set_mode(&m, secret, e) &&
	       give_name(&m, e);
	if (m.beside[0])
		unlinkat(m.folder, m.beside, 0);
	if (m.file >= 0)
		close(m.file);
	if (m.folder >= 0)
		close(m.folder);
	return good;
}

bool
keyfile_remove(const char *dir, const char *name, struct err *e)
{
	struct making m = { dir, name, -1, -1, "" };
	bool good;

	m.folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m.folder < 0)
		return errno == ENOENT || failed(&m, "open its folder", e);
	good =
	    !unlinkat(m.folder, name, 0) ? !fsync(m.folder) : errno == ENOENT;
	if (!good)
		failed(&m, "be removed", e);
	close(m.folder);
	return good;
}

bool
keyfile_succeed(const char *dir, const char *name, struct err *e)
{
	struct making m = { dir, name, -1, -1, "" };
	char old[256], next[256];
	bool good = false;

	snprintf(old, sizeof old, "%s.old", name);
	snprintf(next, sizeof next, "%s.next", name);
	m.folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m.folder < 0)
		return failed(&m, "open its folder", e);
	if (faccessat(m.folder, next, F_OK, 0))
		failed(&m, "be succeeded", e);
	else if (linkat(m.folder, name, m.folder, old, 0))
		err_set(e, errno == EEXIST ? ERR_CONFLICT : ERR_CONF,
		    "%s/%s: %s.", dir, old, strerror(errno));
	else if (renameat(m.folder, next, m.folder, name) ||
		 utimensat(m.folder, old, NULL, 0) || fsync(m.folder))
		failed(&m, "be succeeded", e);
	else
		good = true;
	close(m.folder);
	return good;
}
