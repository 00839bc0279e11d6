/* keyfile.h - key files: made whole or not at all, never over an old one
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_KEYFILE_H
#define APP_KEYFILE_H

#include "base/err.h"
#include "base/str.h"

/* keyfile_write - makes the file dir/name with these bytes. It is written
 * beside, synced, given its mode, and only then gets its name; a crash leaves
 * no half of it. The folder is made if only its last part is missing.
 *
 *   secret  true: mode 0600, or 0640 with the folder's group when that group
 *           may enter the folder; the folder, if made, 0750.
 *           false: 0644; the folder, if made, 0755.
 *
 * false: ERR_CONFLICT, there is a file of that name already; ERR_CONF, with
 * what went wrong. */
bool keyfile_write(const char *dir, const char *name, struct str bytes,
    bool secret, struct err *e);

/* keyfile_succeed - dir/NAME.next takes the place of dir/name, which is kept as
 * dir/NAME.old, written now. At every moment there is a file dir/name. false:
 * ERR_CONFLICT, there is an old one already; ERR_CONF. */
bool keyfile_succeed(const char *dir, const char *name, struct err *e);

/* keyfile_remove - the file dir/name is no more; one that is not there is
 * fine. false: ERR_CONF, with what went wrong. */
bool keyfile_remove(const char *dir, const char *name, struct err *e);

#endif
