/* provider.h - starts provider.py beside a C test, and asks what it saw
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RIG_PROVIDER_H
#define RIG_PROVIDER_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct provider {
	pid_t pid;
	int stdin_of; /* it serves until this is closed */
	unsigned port;
	char base[64];   /* http(s)://127.0.0.1:port */
	char folder[40]; /* with tls: holds provider.crt and trust/ */
};

static inline unsigned
provider_port(int from)
{
	char line[16] = "";
	size_t n = 0;

	while (n < sizeof line - 1 && read(from, line + n, 1) == 1 &&
	       line[n] != '\n')
		n++;
	return (unsigned)strtoul(line, NULL, 10);
}

static inline void
provider_exec(const struct provider *p, int in, int out)
{
	dup2(in, 0);
	dup2(out, 1);
	closefrom(3);
	if (p->folder[0])
		execlp("python3", "python3", "-B", "-m", "tests.rig.provider",
		    "--tls", p->folder, (char *)NULL);
	else
		execlp("python3", "python3", "-B", "-m", "tests.rig.provider",
		    (char *)NULL);
	_exit(127);
}

/* provider_start - false, and one line that says so, where it cannot. The
 * working folder is the repository's top. */
static inline bool
provider_start(struct provider *p, bool tls)
{
	int in[2], out[2];

	memset(p, 0, sizeof *p);
	strncpy(
	    p->folder, tls ? "/tmp/wg-tls-XXXXXX" : "", sizeof p->folder - 1);
	if ((tls && !mkdtemp(p->folder)) || pipe(in) || pipe(out))
		return false;
	if (!(p->pid = fork()))
		provider_exec(p, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	p->stdin_of = in[1];
	p->port = provider_port(out[0]);
	close(out[0]);
	snprintf(p->base, sizeof p->base, "http%s://127.0.0.1:%u",
	    tls ? "s" : "", p->port);
	if (!p->port)
		fprintf(stderr, "skipped: python3 -m tests.rig.provider does "
				"not start\n");
	return p->port != 0;
}

static inline void
provider_remove(const struct provider *p)
{
	pid_t rm = fork();

	if (!rm) {
		execlp("rm", "rm", "-rf", p->folder, (char *)NULL);
		_exit(127);
	}
	waitpid(rm, NULL, 0);
}

static inline void
provider_stop(struct provider *p)
{
	if (p->pid <= 0)
		return;
	close(p->stdin_of);
	waitpid(p->pid, NULL, 0);
	if (p->folder[0])
		provider_remove(p);
	p->pid = 0;
}

#endif
