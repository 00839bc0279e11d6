/* doctor_files.c - the files and sockets of an installation, looked at
 * SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/doctor.h"
#include "ext/jws.h"

#define AS_ROOT "run `wardgate doctor` as root to see it"

/* ---- secrets ------------------------------------------------------------------ */

/* true: nothing was wrong with it, or nothing could be seen. */
static bool
secret_file(struct doctor *d, const char *subject, const char *path)
{
	struct err e = { .kind = ERR_NONE };
	struct arena *a = command_arena(d->c);

	if (access(path, F_OK)) {
		doctor_say(d, subject,
		    errno == EACCES ? DOCTOR_UNSEEN : DOCTOR_FAULT,
		    arena_printf(a, "%s: %s", path, strerror(errno)),
		    errno == EACCES ? AS_ROOT
				    : "make it, or copy it from the host that "
				      "has it: wardgate(8), Keys");
		return false;
	}
	if (!conf_secret_file(path, &e)) {
		doctor_say(d, subject, DOCTOR_FAULT, e.said,
		    arena_printf(a, "chmod 0640 %s", path));
		return false;
	}
	return true;
}

static bool
visible_folder(struct doctor *d, const char *subject, const char *dir, DIR **to)
{
	int why;

	if ((*to = opendir(dir)))
		return true;
	why = errno;
	doctor_say(d, subject, why == EACCES ? DOCTOR_UNSEEN : DOCTOR_FAULT,
	    arena_printf(command_arena(d->c), "%s: %s", dir, strerror(why)),
	    why == EACCES ? AS_ROOT
			  : "make the keys that belong there: wardgate(8)");
	return false;
}

/* Every file in a folder of secrets, and the folder itself. */
static void
secret_folder(struct doctor *d, const char *subject, const char *dir)
{
	struct arena *a = command_arena(d->c);
	struct dirent *entry;
	struct stat st;
	unsigned n = 0;
	bool good = true;
	DIR *open;

	if (!visible_folder(d, subject, dir, &open))
		return;
	while ((entry = readdir(open)))
		if (entry->d_name[0] != '.') {
			n++;
			good &= secret_file(d, subject,
			    arena_printf(a, "%s/%s", dir, entry->d_name));
		}
	closedir(open);
	if (!stat(dir, &st) && (st.st_mode & S_IWOTH)) {
		doctor_say(d, subject, DOCTOR_FAULT,
		    arena_printf(a, "%s: everybody may put files there", dir),
		    arena_printf(a, "chmod o-w %s", dir));
		return;
	}
	if (!n)
		doctor_say(d, subject, DOCTOR_FAULT,
		    arena_printf(a, "%s is empty", dir),
		    "make the keys that belong there: wardgate(8)");
	else if (good)
		doctor_say(d, subject, DOCTOR_OK,
		    arena_printf(a, "%u in %s, kept from others", n, dir),
		    NULL);
}

/* Who may write a public key may mint tokens. */
static void
public_folder(struct doctor *d)
{
	struct arena *a = command_arena(d->c);
	const char *dir = d->conf->public_key_dir, *path;
	struct dirent *entry;
	struct stat st;
	bool good = true;
	DIR *open;

	if (!visible_folder(d, "public keys", dir, &open))
		return;
	while ((entry = readdir(open))) {
		path = arena_printf(a, "%s/%s", dir, entry->d_name);
		if (!strcmp(entry->d_name, "..") || stat(path, &st) ||
		    !(st.st_mode &
			(S_ISDIR(st.st_mode) ? S_IWOTH : S_IWOTH | S_IWGRP)))
			continue;
		good = false;
		doctor_say(d, "public keys", DOCTOR_FAULT,
		    arena_printf(a,
			"%s: others may write it, and so let tokens of "
			"their own in",
			path),
		    arena_printf(a, "chmod go-w %s", path));
	}
	closedir(open);
	if (good)
		doctor_say(d, "public keys", DOCTOR_OK,
		    arena_printf(a, "only their owner writes %s", dir), NULL);
}

/* The key of page cursors, and those before and after it if there are any. */
static void
cursor_files(struct doctor *d)
{
	static const char *const more[] = { ".next", ".old" };
	struct arena *a = command_arena(d->c);
	const char *path = d->conf->cursor_key_file;
	bool good = secret_file(d, "cursor key", path);
	size_t i;

	for (i = 0; i < COUNT(more); i++) {
		const char *other = arena_printf(a, "%s%s", path, more[i]);

		if (!access(other, F_OK))
			good &= secret_file(d, "cursor key", other);
	}
	if (good)
		doctor_say(d, "cursor key", DOCTOR_OK,
		    arena_printf(a, "%s, kept from others", path), NULL);
}

void
doctor_files(struct doctor *d)
{
	secret_folder(d, "peppers", d->conf->pepper_dir);
	secret_folder(d, "signing keys", d->conf->signing_key_dir);
	public_folder(d);
	cursor_files(d);
	if (!access(d->conf->portal_key_file, F_OK) && /* if there is one */
	    secret_file(d, "portal key", d->conf->portal_key_file))
		doctor_say(
		    d, "portal key", DOCTOR_OK, "kept from others", NULL);
	if (*d->conf->database_passfile &&
	    secret_file(d, "password file", d->conf->database_passfile))
		doctor_say(
		    d, "password file", DOCTOR_OK, "kept from others", NULL);
}

/* ---- sockets ------------------------------------------------------------------- */

static bool
somebody_listens(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool there = false;

	if (s >= 0 && strlen(path) < sizeof to.sun_path) {
		memcpy(to.sun_path, path, strlen(path));
		there = !connect(s, (struct sockaddr *)&to, sizeof to) ||
		        (errno != ECONNREFUSED && errno != ENOENT);
	}
	if (s >= 0)
		close(s);
	return there;
}

static void
socket_file(struct doctor *d, const char *dir, const char *program)
{
	struct arena *a = command_arena(d->c);
	const char *path = arena_printf(a, "%s/%s.sock", dir, program);
	const char *subject = arena_printf(a, "socket of %s", program);
	struct stat st;

	if (stat(path, &st))
		doctor_say(d, subject, DOCTOR_FAULT,
		    arena_printf(a, "%s: %s", path, strerror(errno)),
		    arena_printf(a,
			"systemctl start wardgate-%s.socket, or name the "
			"folder with --sockets",
			program));
	else if (!S_ISSOCK(st.st_mode))
		doctor_say(d, subject, DOCTOR_FAULT,
		    arena_printf(a, "%s is no socket", path),
		    "remove it and start the program's socket again");
	else if (st.st_mode & S_IRWXO)
		doctor_say(d, subject, DOCTOR_FAULT,
		    arena_printf(a,
			"%s: everybody on this host may connect and claim to "
			"be anyone (mode %04o)",
			path, (unsigned)(st.st_mode & 07777)),
		    arena_printf(
			a, "chmod 0660 %s, and SocketMode=0660", path));
	else if ((st.st_mode & 0060) != 0060)
		doctor_say(d, subject, DOCTOR_FAULT,
		    arena_printf(a,
			"%s: its group, the web server's, may not connect "
			"(mode %04o)",
			path, (unsigned)(st.st_mode & 07777)),
		    arena_printf(
			a, "chmod 0660 %s, and SocketMode=0660", path));
	else if (!somebody_listens(path))
		doctor_say(d, subject, DOCTOR_FAULT,
		    arena_printf(a, "nobody listens on %s", path),
		    "start the program's socket again");
	else
		doctor_say(d, subject, DOCTOR_OK,
		    arena_printf(a, "%s, mode %04o, group %u", path,
			(unsigned)(st.st_mode & 07777), (unsigned)st.st_gid),
		    NULL);
}

void
doctor_sockets(struct doctor *d, const char *dir)
{
	socket_file(d, dir, "metadata");
	socket_file(d, dir, "token");
	socket_file(d, dir, "facade");
}
