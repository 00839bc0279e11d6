/* facade_native.h - a batch asked of the hospital's server in one request
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_FACADE_NATIVE_H
#define APP_FACADE_NATIVE_H

#include "app/visit.h"

/* native_may - does the tenant's provider take batches? By its operator's word,
 * by its statement, and by what came of it (relay/abilities). *ask is set when
 * nobody can say, and the statement is worth a request. */
bool native_may(const struct visit *v, bool *ask);

/* native_ask - the collected questions of the entries of batch v, as one batch
 * of the provider's. Each then holds what it said, and its entry need not ask;
 * a question that it did not answer is left for its entry to ask by itself, and
 * so are all of them when the batch as a whole came to nothing; a provider that
 * does not know what a batch is gets no other for a while. One that asks for
 * patience (429) is not asked again: that is the answer to all.
 *   ahead  n of them; NULL where there is no question
 * At most half of the time that is left is spent. */
void native_ask(struct visit *v, struct visit_ahead **ahead, size_t n);

#endif
