/* serve.c - the life of a FastCGI program: accept, work, answer, end
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/serve.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "ext/crypt.h"
#include "ext/fcgi.h"
#include "ext/js.h"
#include "web/pool.h"
#include "web/source.h"
#include "web/serve_line.h"

#define HEAD_MAX        ((size_t)16 * 1024)
#define TELL_MS         1000
#define HELD_PER_THREAD 4 /* answers that wait for their row */
#define CONF_DEFAULT    "/etc/wardgate/wardgate.conf"

static const struct program *program;
static const struct conf *conf;

/* One line a second at most: there may be very many. On the acceptor. */
static void
note_turned_away(void)
{
	static int64_t told_ms;
	static long since;
	int64_t now = clock_mono_ms();

	since++;
	if (told_ms && now - told_ms < TELL_MS)
		return;
	log_event(LOG_WARN, "turned_away", LOG_REASON, "busy", LOG_COUNT, since,
	    LOG_END);
	told_ms = now;
	since = 0;
}

/* A refusal of a request that nobody has read, as a complete text. Its
 * X-Request-Id is not known and has to be a new one. There is no trace id,
 * which would promise an audit row. */
static void
refuse_unread(struct buf *out, enum err_kind kind)
{
	static char *const unread[] = { NULL };
	static const struct conf none;
	struct req req;
	struct resp resp = { .status = 503 };
	struct err e = { .kind = kind }, nothing = { .kind = ERR_NONE };

	req_read(&req, conf ? conf : &none, unread, &nothing);
	fail_write(&resp, out->a, &req, program->face, &e);
	resp_header(&resp, "Cache-Control", "no-store");
	resp_header(&resp, "X-Content-Type-Options", "nosniff");
	resp_header(&resp, "X-Request-Id", req.trace.request_id);
	resp_head(out, &resp);
	buf_put(out, resp.body.at, resp.body.len);
}

/* All workers were busy too long. */
static void
turn_away(int fd)
{
	struct arena *a = arena_new();
	struct buf out = buf_new(a, HEAD_MAX);

	refuse_unread(&out, ERR_BUSY);
	fcgi_turn_away(fd, out.at, out.len);
	note_turned_away();
	if (program->turned_away)
		program->turned_away();
	arena_free(a);
}

static int
run_fastcgi(void)
{
	const unsigned threads =
	    (unsigned)(program->waits ? conf->facade_threads
				      : conf->other_threads);
	const struct pool_plan plan = {
		.listen_fd = STDIN_FILENO,
		.threads = threads,
		.silent_ms = (unsigned)conf->socket_wait_ms,
		.busy_wait_ms = (unsigned)conf->busy_wait_ms,
		.end_wait_ms = (unsigned)conf->request_wait_ms,
		.held_max = threads * HELD_PER_THREAD,
		.work = desk_serve,
		.go_on = desk_go_on,
		.turn_away = turn_away,
	};

	switch (pool_run(&plan)) {
	case POOL_ENDED:
		desk_clear_out();
		return 0;
	case POOL_STUCK:
		/* Threads still use everything that would be freed now. */
		log_event(LOG_ERROR, "work_did_not_end", LOG_END);
		_exit(1);
	case POOL_UNSTARTED:
		break;
	}
	log_event(LOG_ERROR, "start_failed", LOG_WHY,
	    "no thread or no descriptor to serve with", LOG_END);
	return 1;
}

static int
run_cgi(char *const *vars)
{
	desk_serve_cgi(vars);
	return 0;
}

/* As plain CGI somebody waits for an answer, and reads it on our output. */
static int
not_started(struct arena *a, bool cgi, const struct err *e)
{
	struct serve_line line = { .fcgi = NULL };
	struct buf out = buf_new(a, HEAD_MAX);

	log_event(LOG_ERROR, "start_failed", LOG_REASON, fail_reason(e->kind),
	    LOG_WHY, e->why[0] ? e->why : e->said, LOG_END);
	if (cgi) {
		refuse_unread(&out, e->kind);
		serve_answer(&line, (struct str){ out.at, out.len }, STR(""));
	}
	return 1;
}

static bool
listening(int fd)
{
	int yes = 0;
	socklen_t n = sizeof yes;

	return !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &n) && yes;
}

static void
raise_descriptors(void)
{
	struct rlimit lim;

	if (!getrlimit(RLIMIT_NOFILE, &lim)) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
}

static bool
prepare(struct arena *a, const char *path, bool cgi, struct err *e)
{
	if (!(conf = conf_read(a, path, e)))
		return false;
	log_open(program->name, (enum log_level)conf->log_level);
	arena_budget((size_t)conf->memory_bytes);
	raise_descriptors();
	desk_setup(program, conf);
	js_start();
	return crypt_start(e) && fcgi_start(e) && source_start(conf, e) &&
	       (!program->start || program->start(a, conf, cgi, e));
}

static int
usage(FILE *to, int status)
{
	fprintf(to,
	    "usage: %s [-c FILE]\n%s\n\n"
	    "  -c FILE     settings (default: $WARDGATE_CONF, "
	    "else " CONF_DEFAULT ")\n"
	    "  --help      this text\n"
	    "  --version   version of wardgate\n\n"
	    "Listens for FastCGI on the socket that is its standard input; "
	    "see %s(8).\n",
	    program->name, program->purpose, program->name);
	return status;
}

static const char *
read_args(int argc, char **argv, int *status)
{
	const char *path = getenv("WARDGATE_CONF");

	*status = -1;
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		*status = usage(stdout, 0);
	} else if (argc == 2 && !strcmp(argv[1], "--version")) {
		printf("wardgate %s\n", WG_VERSION);
		*status = 0;
	} else if (argc == 3 && !strcmp(argv[1], "-c")) {
		path = argv[2];
	} else if (argc != 1) {
		*status = usage(stderr, 2);
	}
	return path && *path ? path : CONF_DEFAULT;
}

int
serve(int argc, char **argv, const struct program *p)
{
	extern char **environ;
	struct err e = { .kind = ERR_NONE };
	struct arena *a;
	bool cgi = !listening(STDIN_FILENO);
	const char *path;
	int status;

	program = p;
	log_open(p->name, LOG_INFO);
	path = read_args(argc, argv, &status);
	if (status >= 0)
		return status;
	if (cgi && !getenv("GATEWAY_INTERFACE"))
		return usage(stderr, 2);
	if (cgi)
		signal(SIGPIPE, SIG_IGN);
	else
		pool_signals();
	a = arena_new();
	if (prepare(a, path, cgi, &e)) {
		status = cgi ? run_cgi(environ) : run_fastcgi();
		if (p->stop)
			p->stop();
	} else {
		status = not_started(a, cgi, &e);
	}
	arena_free(a);
	return status;
}
