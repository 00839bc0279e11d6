/* hook.c - runs the operator's own program, without a shell, for a while
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define LOOK_NS (20 * 1000000L) /* how often we look whether it has ended */

/* A group of its own, so that all of it can be ended. */
static void
set_attributes(posix_spawnattr_t *to)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_init(to);
	posix_spawnattr_setflags(to, POSIX_SPAWN_SETPGROUP |
					 POSIX_SPAWN_SETSIGDEF |
					 POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setpgroup(to, 0);
	posix_spawnattr_setsigdefault(to, &all);
	posix_spawnattr_setsigmask(to, &none);
}

/* 0, or an errno. */
static int
start(const char *path, const char *const env[], pid_t *pid)
{
	char *const argv[] = { (char *)(uintptr_t)path, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int failed;

	set_attributes(&attr);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(
	    &files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(
	    &files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	failed = posix_spawn(
	    pid, path, &files, &attr, argv, (char *const *)(uintptr_t)env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return failed;
}

/* false: it has not ended by then. */
static bool
ended(pid_t pid, int64_t until_ms, int *status)
{
	const struct timespec look = { .tv_nsec = LOOK_NS };
	pid_t got;

	while (!(got = waitpid(pid, status, WNOHANG)) ||
	       (got < 0 && errno == EINTR)) {
		if (clock_mono_ms() >= until_ms)
			return false;
		nanosleep(&look, NULL);
	}
	return true;
}

static void
end_it(pid_t pid)
{
	int status;

	kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

bool
hook_run(
    const char *path, const char *const env[], int64_t wait_ms, struct err *e)
{
	int64_t until_ms = clock_mono_ms() + wait_ms;
	int status = 0, failed;
	pid_t pid;

	if ((failed = start(path, env, &pid)) != 0)
		return err_why(e, ERR_BROKEN, "%s: %s", path, strerror(failed));
	if (!ended(pid, until_ms, &status)) {
		end_it(pid);
		return err_why(e, ERR_BROKEN,
		    "%s: did not end within %lld ms and was killed", path,
		    (long long)wait_ms);
	}
	if (WIFSIGNALED(status))
		return err_why(e, ERR_BROKEN, "%s: ended by signal %d", path,
		    WTERMSIG(status));
	return !WEXITSTATUS(status) ||
	       err_why(e, ERR_BROKEN, "%s: ended with status %d", path,
		   WEXITSTATUS(status));
}
