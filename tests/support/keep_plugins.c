/* Under AddressSanitizer, tests keep what Open MPI loads: with an unloaded plugin its frames would lose their
 * names, and tests/lsan.supp could not tell its leaks from ours. */
#ifdef __SANITIZE_ADDRESS__
int dlclose(void *handle);

int dlclose(void *handle) {
    (void)handle;
    return 0;
}
#else
typedef int nothing_to_keep;
#endif
