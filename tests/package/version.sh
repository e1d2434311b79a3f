#!/bin/sh
# The version stands in configure.ac. What must repeat it, repeats it: the news, Debian's changelog,
# the examples that name an image, and what the programs say. Run by `make check`.
set -eu
top=${srcdir:-.}
version=$(sed -n 's/^AC_INIT(\[twilio-autojoin\], \[\([^]]*\)\].*/\1/p' "$top/configure.ac")
faults=0

same() {
  if [ "$2" = "$3" ]; then
    echo "ok: $1 says $2"
  else
    echo "FAIL: $1 says '$2', configure.ac (AC_INIT) says '$3'"
    faults=1
  fi
}

[ -n "$version" ] || { echo "FAIL: no version in configure.ac"; exit 1; }
same NEWS.md "$(sed -n 's/^## \([^ ]*\).*/\1/p' "$top/NEWS.md" | head -n 1)" "$version"
same debian/changelog "$(sed -n '1s/^twilio-autojoin (\(.*\)) .*/\1/p' "$top/debian/changelog")" "$version"
for example in compose.yaml kubernetes.yaml README.md; do
  same "contrib/container/$example" "$(grep -o 'twilio-autojoin[:-][0-9][0-9.]*[0-9]' "$top/contrib/container/$example" | sed 's/.*[:-]//' | sort -u)" "$version"
done
for program in src/twilio-autojoin src/twilio-autojoin.fcgi; do
  same "$program --version" "$("./$program" --version)" "twilio-autojoin $version"
done
exit $faults
