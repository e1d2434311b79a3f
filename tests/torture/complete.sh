#!/usr/bin/env bash
# complete.sh LIBRARY: whether torture.am wraps every call of src/ that can fail for want of memory, files,
# directories or descriptors. What is left out stands here, with the reason.
set -euo pipefail

calls='malloc calloc realloc reallocarray strdup strndup asprintf vasprintf mmap mremap mlock
  posix_memalign aligned_alloc getline getdelim open_memstream
  read pread readv write pwrite writev open openat open64 openat64 creat close fsync fdatasync ftruncate
  truncate fallocate posix_fallocate lseek sendfile copy_file_range
  rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat remove mkdir mkdirat rmdir
  mkstemp mkostemp mkdtemp memfd_create stat lstat fstat fstatat statx access faccessat readlink
  readlinkat chmod fchmod fchmodat chown fchown opendir fdopendir readdir scandir fopen fdopen freopen
  fclose dup dup2 dup3 pipe pipe2 fcntl flock socket socketpair accept accept4 bind listen connect poll
  ppoll select eventfd timerfd_create signalfd getrandom
  event_base_new event_new event_add event_once event_base_once evbuffer_new curl_global_init
  curl_easy_init curl_multi_init curl_share_init curl_slist_append curl_url curl_mime_init'

declare -A left_out=(
  [accept4]='FastCGI only' [bind]='FastCGI only' [listen]='FastCGI only' [fcntl]='FastCGI only'
  [connect]='FastCGI only: whether a socket is in use' [lstat]='FastCGI only' [unlink]='FastCGI only, and what lies where reconcile writes'
  [fchmod]='FastCGI only' [flock]='FastCGI only' [memfd_create]='FastCGI only'
  [event_base_once]='FastCGI only'
  [access]='sign only' [readlink]='sign only' [opendir]='explain, check, status only'
  [mkdir]='init only' [fchown]='init, setup only' [pipe]='init only' [dup2]='init, check only' [pipe2]='check, report only'
)

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
used=$(nm --undefined-only "$1" 2>/dev/null | sed -n 's/^ *U \([a-z_0-9]*\).*/\1/p' | sort -u)
wrapped=$(grep -o -e '--wrap=[a-z_0-9]*' "$here/torture.am" | sed 's/--wrap=//')
status=0
for call in $calls; do
  # A fortified call has a name of its own, and would not be wrapped.
  if grep -qx "__${call}_chk" <<<"$used" && [[ $call != asprintf && $call != vasprintf ]]; then
    echo "tests/torture: __${call}_chk is called, which is not wrapped" >&2
    status=1
  fi
  if grep -qx "$call" <<<"$used" && ! grep -qx "$call" <<<"$wrapped" && [[ -z ${left_out[$call]-} ]]; then
    echo "tests/torture: $call is called by src/ and not made to fail: wrap it (torture.am, failing*.c)" >&2
    status=1
  fi
done
exit "$status"
