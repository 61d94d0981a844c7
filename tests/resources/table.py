# ruff: noqa: E501 - a row is a line
"""The table of RemoteStorage: a situation, a call, and the steps or the error that it leads to.

Trees are words: `a=1` a file with that content, `e=` an empty one, `d/` an empty directory, `l->x` a symbolic link. On
the remote side paths are keys below the base path `bp`, `^k=1` is the key `k` of the bucket itself. `ROOT` stands for
the local directory, which is also the current one;
`␣` and `␉` for a blank and a tab in a name. Expected are the steps as `action path (reason)` joined by `; `, or
`!Type: words of its message`. `after` is what the target then holds, `=` what it held before; `-` isn't looked at.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Row(NamedTuple):
    """One situation."""

    title: str
    local: str
    remote: str
    call: str
    expected: str
    after: str


def rows(verb: str, text: str) -> list[Row]:
    """Rows from lines `title | local | remote | call | expected | after`."""
    lines = [line.split("|") for line in text.strip().splitlines() if line.strip()]
    wrong = [line for line in lines if len(line) != 6]
    assert not wrong, wrong
    return [Row(f"{verb}: {line[0].strip()}", *(cell.strip() for cell in line[1:])) for line in lines]


PUSH = """
a new file | a=1 | | push a | copy a (new) | a=1
a new empty file | a= | | push a | copy a (new) | a=
a file in a directory | d/a=1 | | push d/a | copy d/a (new) | d/a=1
a directory | d/a=1 d/b=2 | | push d | copy d/a (new); copy d/b (new) | d/a=1 d/b=2
a directory with a trailing slash | d/a=1 | | push d/ | copy d/a (new) | d/a=1
a deep directory | d/e/f/g=1 | | push d | copy d/e/f/g (new) | d/e/f/g=1
only a directory below | d/e/a=1 d/f/b=2 | | push d/e | copy d/e/a (new) | d/e/a=1
the current directory | a=1 d/b=2 | | push . | copy a (new); copy d/b (new) | a=1 d/b=2
a path with ./ before it | d/a=1 | | push ./d | copy d/a (new) | d/a=1
a path with .. inside | d/a=1 e/b=2 | | push d/../e | copy e/b (new) | e/b=2
several paths | a=1 b=2 c=3 | | push a c | copy a (new); copy c (new) | a=1 c=3
a path and one below it | d/a=1 d/e/b=2 | | push d d/e | copy d/a (new); copy d/e/b (new) | d/a=1 d/e/b=2
hidden files go along | d/.h=1 d/.x/b=2 | | push d | copy d/.h (new); copy d/.x/b (new) | d/.h=1 d/.x/b=2
blanks in names | d/a␣b=1 | | push d | copy d/a␣b (new) | d/a␣b=1
other alphabets | d/ä=1 d/日本=2 | | push d | copy d/ä (new); copy d/日本 (new) | d/ä=1 d/日本=2
percent, plus, hash, question mark | d/%20=1 d/a+b=2 d/#=3 d/?=4 | | push d | copy d/# (new); copy d/%20 (new); copy d/? (new); copy d/a+b (new) | d/#=3 d/%20=1 d/?=4 d/a+b=2
quotes and ampersands | d/'=1 d/"=2 d/&=3 d/<b>=4 | | push d | copy d/" (new); copy d/& (new); copy d/' (new); copy d/<b> (new) | d/"=2 d/&=3 d/'=1 d/<b>=4
a link to a file goes as the file | a=1 d/l->../a | | push d | copy d/l (new) | d/l=1
a link to a directory is not followed | e/a=1 d/l->../e d/b=2 | | push d | copy d/b (new); skip d/l/ (symbolic link to a directory) | d/b=2
a linked directory that is named itself is entered | e/a=1 e/f/b=2 l->e | | push l | copy l/a (new); copy l/f/b (new) | l/a=1 l/f/b=2
a linked directory that is named itself, again | e/a=1 l->e | l/a=1 | push l | keep l/a (same) | =
a file behind a linked directory | e/a=1 e/b=2 l->e | | push l/a | copy l/a (new) | l/a=1
an ignore rule holds behind a linked directory | .resourcesignore=l/x e/a=1 e/x=2 l->e | | push l | copy l/a (new); skip l/x (ignored (.resourcesignore)) | l/a=1
a broken link is reported, not fatal | d/l->nowhere d/a=1 | | push d | copy d/a (new); skip d/l (broken symbolic link) | d/a=1
a link loop is reported, not fatal | d/l->l d/a=1 | | push d | copy d/a (new); skip d/l (broken symbolic link) | d/a=1
an equal file stays | a=1 | a=1 | push a | keep a (same) | =
an equal empty file stays | a= | a= | push a | keep a (same) | =
a directory half there | d/a=1 d/b=2 | d/a=1 | push d | keep d/a (same); copy d/b (new) | d/a=1 d/b=2
a directory all there | d/a=1 d/b=2 | d/a=1 d/b=2 | push d | keep d/a (same); keep d/b (same) | =
others on the remote stay | d/a=1 | d/z=9 y=8 | push d | copy d/a (new) | d/a=1 d/z=9 y=8
a name that begins alike is another | f=1 | f.txt=2 f1=3 ff/x=4 | push f | copy f (new) | f=1 f.txt=2 f1=3 ff/x=4
a directory that begins alike is another | d/a=1 | d2/a=2 d-old/a=3 | push d | copy d/a (new) | d/a=1 d2/a=2 d-old/a=3
a differing file is a conflict | a=1 | a=2 | push a | !Conflict: 1 file differs on the target: a | =
a differing size is a conflict | a=1 | a=22 | push a | !Conflict: differs on the target | =
an empty file against a full one | a= | a=2 | push a | !Conflict: differs on the target | =
one conflict stops all | d/a=1 d/b=2 d/c=3 | d/b=9 | push d | !Conflict: d/b | =
two conflicts are both named | d/a=1 d/b=2 | d/a=8 d/b=9 | push d | !Conflict: 2 files differ on the target: d/a, d/b | =
force overwrites | a=1 | a=2 | push a force | copy a (changed) | a=1
force overwrites a different size | a=1 | a=22 | push a force | copy a (changed) | a=1
force overwrites with an empty file | a= | a=2 | push a force | copy a (changed) | a=
force leaves equal ones | d/a=1 d/b=2 | d/a=1 d/b=9 | push d force | keep d/a (same); copy d/b (changed) | d/a=1 d/b=2
force never deletes | d/a=1 | d/b=2 | push d force | copy d/a (new) | d/a=1 d/b=2
dry run of something new | a=1 | | push a dry | copy a (new) | =
dry run of something equal | a=1 | a=1 | push a dry | keep a (same) | =
dry run of a conflict raises nothing | a=1 | a=2 | push a dry | conflict a (target differs) | =
dry run with force | a=1 | a=2 | push a dry force | copy a (changed) | =
dry run of a collision raises nothing | a=1 | a/b=2 | push a dry | conflict a (directory where a file should go) | =
a file over a remote directory | a=1 | a/b=2 | push a | !Conflict: Found name collisions of files with directories | =
a file over a remote directory, forced | a=1 | a/b=2 a/c=3 | push a force | !Conflict: Found name collisions of files with directories | =
a file over a remote directory with one object | a=1 | a/b/c=2 | push a force | !Conflict: directory: bp/a/b/c | =
a directory over a remote file | a/b=1 | a=2 | push a | !Conflict: Found name collisions | =
a directory over a remote file, forced | a/b=1 a/c=3 | a=2 | push a force | !Conflict: Found name collisions | =
a collision stops all | d/a=1 d/b=2 | d/a/x=3 | push d | !Conflict: Found name collisions | =
a missing path | a=1 | | push b | !NotFound: b matches no file | =
a missing path among others | a=1 | | push a b | !NotFound: b matches no file | =
an empty directory | d/ | | push d | !NotFound: 'd' holds no files | =
only empty directories | d/e/ d/f/ | | push d | !NotFound: 'd' holds no files | =
empty directories beside files | d/a=1 d/e/ | | push d | copy d/a (new) | d/a=1
a broken link alone | l->nowhere | | push l | !NotFound: broken symbolic link | =
nothing named | a=1 | | push | !InvalidValue: nothing to push was named | =
outside of the current directory | a=1 | | push ../x | !InvalidPath: lies outside of | =
a glob | a.txt=1 b.txt=2 c.csv=3 | | push *.txt | copy a.txt (new); copy b.txt (new) | a.txt=1 b.txt=2
a glob in a directory | d/a.txt=1 d/b.csv=2 | | push d/*.txt | copy d/a.txt (new) | d/a.txt=1
a glob over directories takes them whole | x1/a=1 x1/b/c=2 x2/d=3 y/e=4 | | push x* | copy x1/a (new); copy x1/b/c (new); copy x2/d (new) | x1/a=1 x1/b/c=2 x2/d=3
a glob at any depth | a.txt=1 d/b.txt=2 d/e/c.txt=3 d/x=4 | | push **/*.txt | copy a.txt (new); copy d/b.txt (new); copy d/e/c.txt (new) | a.txt=1 d/b.txt=2 d/e/c.txt=3
a glob with a question mark | a1=1 a2=2 a10=3 | | push a? | copy a1 (new); copy a2 (new) | a1=1 a2=2
a glob with a set | a1=1 a2=2 a3=3 | | push a[12] | copy a1 (new); copy a2 (new) | a1=1 a2=2
a star leaves hidden files | .h=1 a=2 | | push * | copy a (new) | a=2
a glob without a match | a=1 | | push *.txt | !NotFound: *.txt matches no file | =
a glob without a match, dry | a=1 | | push *.txt dry | !NotFound: matches no file | =
a name that looks like a glob is itself | a[1]=1 a1=2 | | push a[1] | copy a[1] (new) | a[1]=1
a glob that meets conflicts | a.txt=1 b.txt=2 | a.txt=9 | push *.txt | !Conflict: a.txt | =
include keeps what matches | d/a.csv=1 d/b.txt=2 | | push d include=d/.*csv | copy d/a.csv (new); skip d/b.txt (not included) | d/a.csv=1
include is anchored at the start | d/a=1 x/d=2 | | push d x include=d | copy d/a (new); skip x/d (not included) | d/a=1
include needs no full match | d/abc=1 | | push d include=d/a | copy d/abc (new) | d/abc=1
exclude leaves out | d/a.csv=1 d/b.tmp=2 | | push d exclude=.*tmp | copy d/a.csv (new); skip d/b.tmp (excluded) | d/a.csv=1
exclude wins over include | d/a=1 d/b=2 | | push d include=d exclude=d/b | copy d/a (new); skip d/b (excluded) | d/a=1
what is excluded can't conflict | d/a=1 d/b=2 | d/b=9 | push d exclude=d/b | copy d/a (new); skip d/b (excluded) | d/a=1 d/b=9
everything excluded does nothing | d/a=1 | | push d exclude=.* | skip d/a (excluded) | =
a bad pattern | a=1 | | push a include=( | !InvalidValue: '(' is no regular expression | =
path_regex is include | d/a=1 d/b=2 | | push d path_regex=d/a | copy d/a (new); skip d/b (not included) | d/a=1
path_regex and include at once | a=1 | | push a path_regex=a include=a | !InvalidValue: the same thing | =
a prefix | p/d/a=1 | | push d prefix=p | copy d/a (new) | d/a=1
an absolute prefix | p/d/a=1 | | push d prefix=ROOT/p | copy d/a (new) | d/a=1
an absolute path below the prefix | p/d/a=1 | | push ROOT/p/d prefix=ROOT/p | copy d/a (new) | d/a=1
the prefix itself | p/a=1 | | push ROOT/p prefix=ROOT/p | copy a (new) | a=1
an absolute path outside of the prefix | a=1 p/b=2 | | push ROOT/a prefix=ROOT/p | !InvalidPath: lies outside of | =
a path that only begins like the prefix | p/x=1 px/a=2 | | push ROOT/px/a prefix=ROOT/p | !InvalidPath: lies outside of | =
a detour to the prefix | p/d/a=1 | | push ROOT/p/x/../d prefix=ROOT/p | copy d/a (new) | d/a=1
a detour out of the prefix | a=1 p/b=2 | | push ROOT/p/../a prefix=ROOT/p | !InvalidPath: lies outside of | =
patterns see the path relative to the prefix | p/d/a=1 p/d/b=2 | | push d prefix=p include=d/a | copy d/a (new); skip d/b (not included) | d/a=1
a glob below a prefix | p/a.txt=1 p/b.csv=2 | | push *.txt prefix=p | copy a.txt (new) | a.txt=1
a prefix that isn't there | a=1 | | push a prefix=q | !NotFound: matches no file | =
named twice, left out once | d/.git/config=1 d/a=3 | | push d d | skip d/.git/ (ignored (.git is never pushed)); copy d/a (new) | d/a=3
ignored by name | d/.git/config=1 d/__pycache__/x=2 d/a=3 | | push d | skip d/.git/ (ignored (.git is never pushed)); skip d/__pycache__/ (ignored (__pycache__ is never pushed)); copy d/a (new) | d/a=3
ignored by the ignore file | .resourcesignore=*.tmp d/a=1 d/b.tmp=2 | | push d | copy d/a (new); skip d/b.tmp (ignored (.resourcesignore)) | d/a=1
ignored by a deeper ignore file | d/.resourcesignore=x d/x=1 d/e/x=2 d/y=3 | | push d | copy d/.resourcesignore (new); skip d/e/x (ignored (.resourcesignore)); skip d/x (ignored (.resourcesignore)); copy d/y (new) | d/.resourcesignore=x d/y=3
taken back by a deeper ignore file | .resourcesignore=x d/.resourcesignore=!x d/x=1 e/x=2 | | push d e/x d/x | copy d/.resourcesignore (new); copy d/x (new); skip e/x (ignored (.resourcesignore)) | d/.resourcesignore=!x d/x=1
an ignored directory is not entered | .resourcesignore=d/tmp/ d/tmp/a=1 d/b=2 | | push d | copy d/b (new); skip d/tmp/ (ignored (.resourcesignore)) | d/b=2
what looks like a secret stays here | d/.env=1 d/key.pem=2 d/id_rsa=3 d/a=4 | | push d | skip d/.env (looks like a secret; --secrets (secrets=True) pushes it); copy d/a (new); skip d/id_rsa (looks like a secret; --secrets (secrets=True) pushes it); skip d/key.pem (looks like a secret; --secrets (secrets=True) pushes it) | d/a=4
an example of a secret is none | d/.env.example=1 | | push d | copy d/.env.example (new) | d/.env.example=1
force sends no secrets | d/.env=1 d/a=2 | d/a=9 | push d force | skip d/.env (looks like a secret; --secrets (secrets=True) pushes it); copy d/a (changed) | d/a=2
secrets go when it is said | d/.env=1 | | push d secrets | copy d/.env (new) | d/.env=1
a secret alone is refused with the reason | .env=1 | | push .env | !NotFound: looks like a secret | =
the reserved directory never travels | d/.resources/x=1 d/a=2 | | push d | skip d/.resources/ (reserved); copy d/a (new) | d/a=2
the reserved directory never travels, forced | .resources/x=1 a=2 | | push . force | skip .resources/ (reserved); copy a (new) | a=2
a moved file isn't sent again | d/new=long-content | d/old=long-content | push d | reuse d/new (same content on the target) | d/new=long-content d/old=long-content
an empty file is never reused | d/new= | d/old= | push d | copy d/new (new) | d/new= d/old=
verify looks again | a=1 | a=1 | push a verify | keep a (same) | =
verify still finds the difference | a=1 | a=2 | push a verify | !Conflict: differs | =
mirror with a push | d/a=1 | d/a=1 d/b=2 | push d delete | keep d/a (same); delete d/b (not in the source) | d/a=1
mirror a glob is refused | d/a=1 d/b=2 | d/c=3 | push d/* delete | !InvalidValue: a glob can't be mirrored | =
what is outside of the base path doesn't matter | a=1 | ^a=2 | push a | copy a (new) | a=1 ^a=2
a backslash in a name is skipped | d/x\\y=1 d/a=2 | | push d | copy d/a (new); skip d/x\\y (backslash in the name) | d/a=2
a control character in a name is skipped | d/x␉y=1 d/a=2 | | push d | copy d/a (new); skip d/x␉y (control character or broken text in the name) | d/a=2
"""

SYNC = """
to an empty remote | d/a=1 d/b=2 | | sync d | copy d/a (new); copy d/b (new) | d/a=1 d/b=2
equal sides | d/a=1 | d/a=1 | sync d | keep d/a (same) | =
a changed file is replaced | d/a=1 | d/a=2 | sync d | copy d/a (changed) | d/a=1
a gone file is deleted | d/a=1 | d/a=1 d/b=2 | sync d | keep d/a (same); delete d/b (not in the source) | d/a=1
new, changed and gone at once | d/a=1 d/b=2 | d/b=9 d/c=3 | sync d | copy d/a (new); copy d/b (changed); delete d/c (not in the source) | d/a=1 d/b=2
a rename moves nothing | d/new=long-content | d/old=long-content | sync d | reuse d/new (same content on the target); delete d/old (not in the source) | d/new=long-content
one content under two names | d/x=long-content d/y=long-content | d/o=long-content | sync d | delete d/o (not in the source); reuse d/x (same content on the target); reuse d/y (same content on the target) | d/x=long-content d/y=long-content
swapped contents | d/a=content-1 d/b=content-2 | d/a=content-2 d/b=content-1 | sync d | copy d/a (changed); copy d/b (changed) | d/a=content-1 d/b=content-2
only below the directory | d/a=1 | d2/b=2 dd=3 e=4 | sync d | copy d/a (new) | d/a=1 d2/b=2 dd=3 e=4
never above the base path | a=1 | b=2 ^c=3 ^bpx/d=4 | sync . | copy a (new); delete b (not in the source) | a=1 ^c=3 ^bpx/d=4
the reserved directory is never deleted | d/a=1 | d/a=1 d/.resources/x=2 .resources/y=3 | sync . | keep d/a (same) | =
the reserved directory in other letters neither | a=1 | a=1 .Resources/y=3 | sync . | keep a (same) | =
what is ignored here is not deleted there | .resourcesignore=*.tmp a=1 | .resourcesignore=*.tmp a=1 x.tmp=2 | sync . | keep .resourcesignore (same); keep a (same); skip x.tmp (kept there: ignored (.resourcesignore)) | =
a secret that is there is told, and stays | d/a=1 | d/a=1 d/.env=2 | sync d | skip d/.env (kept there: looks like a secret; --secrets (secrets=True) pushes it); keep d/a (same) | =
a secret that is there goes when it is said | d/a=1 | d/a=1 d/.env=2 | sync d secrets | delete d/.env (not in the source); keep d/a (same) | d/a=1
what is skipped here is not deleted there | d/a=1 d/l->nowhere | d/a=1 d/l=2 | sync d | keep d/a (same); skip d/l (broken symbolic link) | =
what is behind a linked directory is not deleted | d/a=1 e/x=1 d/l->../e | d/a=1 d/l/x=2 | sync d | keep d/a (same); skip d/l/ (symbolic link to a directory) | =
an empty directory never empties | d/ | d/a=1 | sync d | !EmptySource: would delete 1 on the other side | =
an empty directory to an empty remote | d/ | | sync d | | =
a missing directory never empties | a=1 | d/a=1 | sync d | !NotFound: d matches no file | =
an empty directory, asked for by name | d/ | d/a=1 d/b=2 e=3 | sync d allow_empty | delete d/a (not in the source); delete d/b (not in the source) | e=3
a missing directory, asked for by name | a=1 | d/a=1 | sync d allow_empty | !NotFound: d matches no file | =
dry run deletes nothing | d/a=1 | d/b=2 | sync d dry | copy d/a (new); delete d/b (not in the source) | =
a file becomes a directory | d/a/b=1 | d/a=2 | sync d | !Conflict: Found name collisions | =
a directory becomes a file | d/a=1 | d/a/b=2 | sync d | !Conflict: Found name collisions | =
a single file | a=1 | a=2 b=3 | sync a | copy a (changed) | a=1 b=3
"""

PULL = """
an object | | a=1 | pull a | copy a (new) | a=1
an empty object comes back | | a= | pull a | copy a (new) | a=
an object in a directory | | d/a=1 | pull d/a | copy d/a (new) | d/a=1
a directory | | d/a=1 d/b=2 e=3 | pull d | copy d/a (new); copy d/b (new) | d/a=1 d/b=2
a directory with slashes around | | d/a=1 | pull /d/ | copy d/a (new) | d/a=1
everything | | a=1 d/b=2 ^c=3 | pull | copy a (new); copy d/b (new) | a=1 d/b=2
everything as a dot | | a=1 d/b=2 | pull . | copy a (new); copy d/b (new) | a=1 d/b=2
a deep directory | | d/e/f/g=1 | pull d/e | copy d/e/f/g (new) | d/e/f/g=1
into another directory | | d/a=1 | pull d into=out | copy d/a (new) | out/d/a=1
into an absolute directory | | d/a=1 | pull d into=ROOT/out | copy d/a (new) | out/d/a=1
an absolute remote path below the local base | | d/a=1 | pull ROOT/out/d into=ROOT/out | copy d/a (new) | out/d/a=1
an absolute remote path elsewhere | | d/a=1 | pull /elsewhere/d into=ROOT/out | !InvalidPath: lies outside of | =
an absolute remote path that only begins alike | | d/a=1 | pull ROOT/outer/d into=ROOT/out | !InvalidPath: lies outside of | =
backslashes count as slashes | | d/e/a=1 | pull d\\e | copy d/e/a (new) | d/e/a=1
backslashes as they are | | d/e/a=1 | pull d\\e raw | | =
names that begin alike stay there | | f=1 f.txt=2 f1=3 ff/x=4 | pull f | copy f (new) | f=1
directories that begin alike stay there | | d/a=1 d2/a=2 d-old/a=3 | pull d | copy d/a (new) | d/a=1
nothing there | | a=1 | pull b | | =
nothing there at all | | | pull b | | =
several at once | | a=1 b=2 d/c=3 | pull a d | copy a (new); copy d/c (new) | a=1 d/c=3
one of several conflicts, and nothing moves | b=9 | a=1 b=2 | pull a b | !Conflict: 1 file differs on the target: b; nothing was changed | =
other local files stay | z=9 d/y=8 | d/a=1 | pull d | copy d/a (new) | d/a=1 d/y=8 z=9
an equal file stays | a=1 | a=1 | pull a | keep a (same) | =
an equal empty file stays | a= | a= | pull a | keep a (same) | =
a directory half here | d/a=1 | d/a=1 d/b=2 | pull d | keep d/a (same); copy d/b (new) | d/a=1 d/b=2
a differing file is a conflict | a=2 | a=1 | pull a | !Conflict: 1 file differs on the target: a | =
a differing size is a conflict | a=22 | a=1 | pull a | !Conflict: differs | =
one conflict stops all | d/b=9 | d/a=1 d/b=2 | pull d | !Conflict: d/b | =
force overwrites | a=2 | a=1 | pull a force | copy a (changed) | a=1
force leaves others | d/b=2 | d/a=1 | pull d force | copy d/a (new) | d/a=1 d/b=2
dry run | | a=1 | pull a dry | copy a (new) | =
dry run of a conflict raises nothing | a=2 | a=1 | pull a dry | conflict a (target differs) | =
a directory where a file should go | a/b=1 | a=2 | pull a | !Conflict: directory: ROOT/a | =
a directory where a file should go, forced | a/b=1 | a=2 | pull a force | !Conflict: directory | =
a directory where a file should go, dry | a/b=1 | a=2 | pull a dry | conflict a (directory where a file should go) | =
an empty directory where a file should go | a/ | a=2 | pull a | !Conflict: directory | =
a file where a directory should go | a=1 | a/b=2 | pull a | !Conflict: Found name collisions | =
a file where a directory should go, forced | a=1 | a/b=2 | pull a force | !Conflict: Found name collisions | =
include keeps what matches | | d/a.csv=1 d/b.txt=2 | pull d include=d/.*csv | copy d/a.csv (new); skip d/b.txt (not included) | d/a.csv=1
include sees the key below the base path | | d/a=1 | pull d include=bp | skip d/a (not included) | =
exclude leaves out | | d/a.csv=1 d/b.tmp=2 | pull d exclude=.*tmp | copy d/a.csv (new); skip d/b.tmp (excluded) | d/a.csv=1
exclude wins over include | | d/a=1 d/b=2 | pull d include=d exclude=d/b | copy d/a (new); skip d/b (excluded) | d/a=1
path_regex is include | | d/a=1 d/b=2 | pull d path_regex=d/b | skip d/a (not included); copy d/b (new) | d/b=2
a bad pattern | | a=1 | pull a exclude=[ | !InvalidValue: no regular expression | =
what is excluded can't conflict | d/b=9 | d/a=1 d/b=2 | pull d exclude=d/b | copy d/a (new); skip d/b (excluded) | d/a=1 d/b=9
the reserved directory doesn't exist | | .resources/x=1 a=2 | pull | copy a (new) | a=2
the reserved directory by name | | .resources/x=1 | pull .resources | | =
a glob is no pattern for a pull | | a.txt=1 | pull *.txt | | =
hidden objects come along | | d/.h=1 | pull d | copy d/.h (new) | d/.h=1
names from all over | | d/ä=1 d/a␣b=2 d/%20=3 d/#=4 d/a+b=5 | pull d | copy d/# (new); copy d/%20 (new); copy d/a␣b (new); copy d/a+b (new); copy d/ä (new) | d/#=4 d/%20=3 d/a␣b=2 d/a+b=5 d/ä=1
through a linked directory | out/x=1 d->out | d/a=1 | pull d | !Incomplete: d/a | =
over a link to a file | x=1 l->x | l=2 | pull l force | copy l (changed) | l=2 x=1
verify looks again | a=1 | a=1 | pull a verify | keep a (same) | =
"""

DELETE = """
an object | | a=1 b=2 | delete a | gone bp/a | b=2
a directory | | d/a=1 d/b=2 e=3 | delete d | gone bp/d/a; gone bp/d/b | e=3
everything below the base path | | a=1 d/b=2 ^c=3 | delete | gone bp/a; gone bp/d/b | ^c=3
names that begin alike stay | | f=1 f.txt=2 f1=3 ff/x=4 | delete f | gone bp/f | f.txt=2 f1=3 ff/x=4
nothing there | | a=1 | delete b | | =
include | | d/a=1 d/b=2 | delete d include=d/a | gone bp/d/a | d/b=2
exclude | | d/a=1 d/b=2 | delete d exclude=d/a | gone bp/d/b | d/a=1
exclude wins | | d/a=1 d/b=2 | delete d include=d exclude=d/a | gone bp/d/b | d/a=1
path_regex | | d/a=1 d/b=2 | delete d path_regex=d/b | gone bp/d/b | d/a=1
a bad pattern deletes nothing | | a=1 | delete a include=( | !InvalidValue: no regular expression | =
the reserved directory stays | | .resources/x=1 a=2 | delete | gone bp/a | .resources/x=1
the reserved directory stays, by name | | .resources/x=1 | delete .resources | | =
"""

LIST = """
everything | | a=1 d/b=22 ^c=3 | list | bp/a 1; bp/d/b 2 | =
a directory | | d/a=1 e=2 | list d/ | bp/d/a 1 | =
letter by letter | | f=1 f.txt=2 fx/y=3 g=4 | list f | bp/f 1; bp/f.txt 1; bp/fx/y 1 | =
nothing | | a=1 | list b | | =
the reserved directory is hidden | | .resources/x=1 a=2 | list | bp/a 1 | =
"""

ROWS = [
    *rows("push", PUSH),
    *rows("sync", SYNC),
    *rows("pull", PULL),
    *rows("delete", DELETE),
    *rows("list", LIST),
]

_HERE = re.compile(r"(in|ex)clude=|path_regex=|prefix=|into=|dry|[*?\[]|ROOT|\.\./")
"""In a call: patterns, prefixes, globs, dry runs. What they mean is decided on this side."""
_LOCAL = re.compile(r"->|\.resourcesignore|\.env|\.pem|\.git")
"""In a local tree: links, ignore rules, secrets."""
PROVIDER_ROWS = [row for row in ROWS if not _HERE.search(row.call) and not _LOCAL.search(row.local)]
"""The rows that another provider could get wrong. The rest differ in what is planned before one is asked, and run on
memory, a directory and S3.
"""
