/* crowd_look.h - what an answer says about itself: trace, marks, token, end
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RIG_CROWD_LOOK_H
#define RIG_CROWD_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#define TOKEN_ROOM  4096
#define CURSOR_ROOM 4096
#define MARKS_ROOM  256

/* look_header - the value of a header line, cut to room; "" if absent.
 *   head  the answer from its first byte to the first of its body */
void look_header(
    char *to, size_t room, const char *head, size_t len, const char *name);

/* look_marks - every different `mark-NAME` in the body as NAME, joined by
 * commas, in order of appearance; NAME is of a-z and 0-9. What finds no room
 * ends in `...`. */
void look_marks(char *to, size_t room, const char *body, size_t len);

/* look_member - the text of the first JSON member of that name, without
 * escapes. false: there is none. */
bool look_member(
    char *to, size_t room, const char *body, size_t len, const char *name);

/* look_claims - "scope/jti" of a token's payload; "" if it cannot be read.
 * Whether the token is good is not asked. */
void look_claims(char *to, size_t room, const char *token);

/* look_cursor - what stands behind ?_cursor= of the link `next`. */
bool look_cursor(char *to, size_t room, const char *body, size_t len);

/* look_whole - is this one JSON object, from its brace to its brace? */
bool look_whole(const char *body, size_t len);

#endif
