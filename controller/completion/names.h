#pragma once

#include "controller/completion/completion.h"
#include "controller/connect.h"

namespace edgebench::controller {

// The names that completion offers, from what is at hand: the database, which is only read, and
// the agent of `local` where it runs and answers at once. What is not there is left out; nothing
// is made, started or said.
NameSource NamesAtHand(AgentConnector& connector);

}  // namespace edgebench::controller
