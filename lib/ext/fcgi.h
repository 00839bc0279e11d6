/* fcgi.h - the one door to libfcgi: one connection, one request, one answer
 * SPDX-License-Identifier: Apache-2.0
 *
 * The caller accepts connections itself and hands the descriptor over. libfcgi
 * never learns it: what it reads passes through a function here, which knows
 * time and limits and lets only a well-formed request through (ext/fcgi_guard).
 * So a peer that stalls, drips, floods or lies costs one thread for a bounded
 * time and nothing else.
 * A slot belongs to one thread at a time. */
#ifndef EXT_FCGI_H
#define EXT_FCGI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct fcgi;

/* fcgi_start - once per process, before threads; installs no signal handler
 * that outlives serve's own. ERR_BROKEN: also when this libfcgi does not read
 * through us. */
bool fcgi_start(struct err *e);

/* fcgi_new - owned; fcgi_free.
 *   silence_ms  longest silence of the peer while we read or write
 *   whole_ms    longest time for a request to come in, from fcgi_begin; and
 *               for an answer to be taken, to which a second is added for
 *               every FCGI_SLOWEST bytes of it */
#define FCGI_SLOWEST ((size_t)32 * 1024)
struct fcgi *fcgi_new(unsigned silence_ms, unsigned whole_ms);
void fcgi_free(struct fcgi *f);

/* fcgi_begin - reads the parameters of one request from fd (taken).
 * false: the peer stalled or spoke no FastCGI, and fd is closed; or it said
 * too much: fcgi_oversize tells. */
bool fcgi_begin(struct fcgi *f, int fd);

/* fcgi_oversize - after fcgi_begin was false: were there merely too many bytes
 * of parameters? Nothing of them is known then; fcgi_answer may say so, and
 * fcgi_end is due. */
bool fcgi_oversize(const struct fcgi *f);

/* fcgi_params - NAME=value strings, NULL at the end, valid till fcgi_end. No
 * name is cut by a NUL or holds a = sign; names may repeat. */
char **fcgi_params(const struct fcgi *f);

/* fcgi_read - up to n bytes of the body. 0: end of it; fcgi_cut tells a real
 * end from a peer that went away, which look alike in libfcgi. */
size_t fcgi_read(struct fcgi *f, char *to, size_t n);
bool fcgi_cut(const struct fcgi *f);

/* fcgi_answer - the whole answer, or what is left of it, and its end. head is
 * shorter than a record (64 KiB). false: peer gone, or too slow. */
bool fcgi_answer(struct fcgi *f, struct str head, struct str body);

/* fcgi_heard - did the request come to its end? What of it is left and has
 * arrived is thrown away. Then fcgi_end has nothing to wait for. */
bool fcgi_heard(struct fcgi *f);

/* fcgi_answer_now - the same as fcgi_answer without waiting. FCGI_STUCK: the
 * peer has not taken all of it yet, and fcgi_answer_rest is due: head and body
 * are borrowed until then. FCGI_LOST: peer gone. */
enum fcgi_sent { FCGI_SENT, FCGI_STUCK, FCGI_LOST };
enum fcgi_sent fcgi_answer_now(
    struct fcgi *f, struct str head, struct str body);
bool fcgi_answer_rest(struct fcgi *f);

/* fcgi_write - a part of an answer, at once; fcgi_answer or fcgi_end closes
 * it. false: as above. */
bool fcgi_write(struct fcgi *f, const char *text, size_t n);

/* fcgi_break - closes the connection in the middle of the answer, so that the
 * web server knows it broken; fcgi_end then has nothing left to do. */
void fcgi_break(struct fcgi *f);

/* fcgi_end - finishes the request and closes the connection, if it is open,
 * whatever the peer asked for: bytes left over are thrown away, never parsed. A peer that still
 * sends is listened to for a bounded time, so that it gets to read. */
void fcgi_end(struct fcgi *f);

/* fcgi_turn_away - answers a request that nobody has read yet with a complete
 * CGI text, then closes fd (taken). Never blocks. */
void fcgi_turn_away(int fd, const char *text, size_t n);

#endif
