/* rehearsal_verb.h - the verbs of rehearsal as a command
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_REHEARSAL_VERB_H
#define APP_REHEARSAL_VERB_H

#include "app/command.h"

/* rehearsal_verbs - load, list and make; see rehearsal(8). */
extern const struct command_verb rehearsal_verbs[];
extern const size_t rehearsal_verbs_n;

#endif
