// Certificates as DER, since few changes of a PEM text get so far.

#include "certificates.h"

FUZZ_TARGET(certificate)
{
    fuzz::read_chain(fuzz::pem_block("CERTIFICATE", input));
}
