// A chain as PEM, as a CA sends it.

#include "certificates.h"

FUZZ_TARGET(chain)
{
    fuzz::read_chain(input);
}
