/* rehearsal_log.c - which requests reached the provider, for tests
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIABLE       "WARDGATE_REHEARSAL_LOG"
#define LINE_BYTES_MAX ((size_t)4 * 1024 * 1024)

static int log_fd = -1;

bool
rehearsal_log_open(struct err *e)
{
	const char *path = getenv(VARIABLE);

	if (!path || !*path)
		return true;
	log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	return log_fd >= 0 ||
	       err_set(e, ERR_CONF, VARIABLE "=%s: %s", path, strerror(errno));
}

static void
put_escaped(struct buf *b, struct str s)
{
	static const char from[] = "\n\r\t", to[] = "nrt";
	size_t i;

	for (i = 0; i < s.len; i++) {
		const char *hit = s.at[i] ? strchr(from, s.at[i]) : NULL;

		if (hit)
			buf_fmt(b, "\\%c", to[hit - from]);
		else if (!s.at[i])
			buf_put(b, "\\0", 2);
		else
			buf_char(b, s.at[i]);
	}
}

void
rehearsal_log(struct arena *a, const struct req *r, struct str body)
{
	struct buf b;
	ssize_t put;

	if (log_fd < 0)
		return;
	b = buf_new(a, LINE_BYTES_MAX);
	put_escaped(&b, r->method_text);
	buf_char(&b, ' ');
	put_escaped(&b, r->path);
	if (r->query.at) {
		buf_char(&b, '?');
		put_escaped(&b, r->query);
	}
	buf_char(&b, '\t');
	put_escaped(&b, body);
	buf_char(&b, '\n');
	if (!b.failed)
		put = write(log_fd, b.at, b.len);
	(void)put;
}
