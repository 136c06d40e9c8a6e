#!/bin/sh
# Rebuild web/static/vendor/dkfds from the npm package dkfds 11.2.0. Needed only when the theme
# or the version changes: the result is committed, and running Varsko needs no Node.
#
#   npm pack dkfds@11.2.0 && tar xzf dkfds-11.2.0.tgz     # gives ./package
#   web/theme/build.sh ./package                          # needs `npx sass` (1.92)
set -eu
package=${1:?"usage: web/theme/build.sh <unpacked dkfds package>"}
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../static/vendor/dkfds
rm -rf "$out" && mkdir -p "$out/icons" "$out/fonts"

npx sass --no-source-map --style=compressed --quiet-deps \
    --load-path="$package/dist/scss" "$here/dkfds.scss" "$out/dkfds.css"

# The icons that the style sheet refers to, as files of their own.
for icon in $(grep -o 'url("\?icons/[a-z0-9-]*\.svg' "$out/dkfds.css" | sed 's/.*icons\///' | sort -u); do
    cp "$package/dist/img/svg-icons/$icon" "$out/icons/$icon"
done

# The icons that our pages draw, as one file of symbols.
{
    printf '<svg xmlns="http://www.w3.org/2000/svg">'
    while read -r name; do
        sed -e 's/<svg xmlns="[^"]*"/<symbol id="'"$name"'"/' -e 's/<\/svg>/<\/symbol>/' \
            "$package/dist/img/svg-icons/$name.svg" | tr -d '\n'
    done < "$here/icons.txt"
    printf '</svg>\n'
} > "$out/icons.svg"

# Latin-1 (it holds all of Danish and English) in four weights.
for weight in Regular Italic Medium SemiBold Bold; do
    cp "$package/dist/fonts/IBMPlexSans/split/woff2/IBMPlexSans-$weight-Latin1.woff2" "$out/fonts/"
done
cp "$package/dist/fonts/IBMPlexSans/complete/woff2/license.txt" "$out/fonts/LICENSE.txt"
cp "$package/LICENSE.md" "$out/LICENSE.md"
