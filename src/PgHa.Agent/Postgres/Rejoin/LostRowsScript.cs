using System.Globalization;
using PgHa.Agent.Configuration;
using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>
/// How the rows that only a salvage has are read: a script beside the salvaged WAL. That WAL needs something to be replayed on, which shares
/// its history: a base backup of any node from before the fork, or a copy of the node's own data directory from before it was given up.
/// </summary>
internal sealed class LostRowsScript(AgentOptions options, DataDirectory data, PostgresBinaries binaries)
{
    internal const string File = "lost-rows.sh";

    /// <summary>The call, with BASE and DIRECTORY for the operator to put in.</summary>
    internal static string Call(string folder) => $"sh {Path.Combine(folder, File)} BASE DIRECTORY";

    /// <summary>What an operator has to know of it.</summary>
    internal static string Words(SalvageReport report, string folder) => string.Create(CultureInfo.InvariantCulture, $"""
        How to read the lost rows

        The WAL saved here is replayed on a copy of a base backup, by a server beside that stays in recovery, listens on a socket only and
        archives nothing. As the agent's user, on this machine or where this folder and PostgreSQL's programs are:

            {Call(folder)}

        BASE is a base backup, unpacked, of any node of the cluster that was finished before {report.Fork} (pg_basebackup -Fp, or what your
        backup tool restored), or a copy of {report.Node}'s stopped data directory from before it was rewound or replaced. It is only read.
        DIRECTORY is a new one, with room for a copy of BASE. What WAL lies between BASE and {report.Fork} is fetched from {report.Source}; what
        that has no more, from your archive, if you give your restore_command as a third argument. The script ends with the line that reads.
        Without such a base the rows cannot be had as rows; what the WAL holds of them is shown by: pgha inspect wal {Path.Combine(folder, "pg_wal")}

        """);

    internal string For(SalvageReport report, string folder)
    {
        var bin = binaries.Folder() is { IsOk: true } found ? found.Value : "";
        var source = options.Nodes.FirstOrDefault(n => n.Name == report.Source);
        var token = !options.Security.AsksForToken ? "" : " -H \"Authorization: Bearer ${PGHA_TOKEN:?is needed to call the agents}\"";
        var saved = report.Files.Where(f => f.StartsWith("pg_wal/", StringComparison.Ordinal) && !f.EndsWith(".history", StringComparison.Ordinal)).Select(Path.GetFileName).Min(StringComparer.Ordinal);
        return string.Create(CultureInfo.InvariantCulture, $$$"""
            #!/bin/sh
            # Reads the rows that only {{{report.Node}}} had: salvage {{{report.Id}}}, WAL from {{{report.Fork}}} to {{{report.End}}} on timeline {{{report.Timeline}}}.
            #
            #   {{{Call(folder)}}} [RESTORE_COMMAND]
            #
            # BASE       a base backup of any node that was finished before {{{report.Fork}}}, or a copy of {{{report.Node}}}'s stopped data
            #            directory from before it was rewound or replaced. It is only read.
            # DIRECTORY  a new one. A server is made there that stays in recovery, listens on a socket only and archives nothing.
            # RESTORE_COMMAND  of your archive, with %f and %p: for WAL from before the fork that {{{report.Source}}} has no more.
            #
            # BIN, AGENT, DBUSER and DATABASE in the environment stand in for what is written below.
            set -eu
            salvage='{{{folder}}}'
            bin=${BIN:-{{{bin}}}}
            agent=${AGENT:-{{{source?.Agent.ToString().TrimEnd('/')}}}}
            user=${DBUSER:-{{{options.Postgres.Superuser}}}}
            database=${DATABASE:-{{{options.Postgres.Database}}}}
            die() { echo "error: $*" >&2; exit 1; }
            [ $# -ge 2 ] || die "usage: {{{Call(folder)}}} [RESTORE_COMMAND]"
            base=$1 dir=$2 archive=${3:-}
            case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
            case $dir$salvage in *[!A-Za-z0-9/._-]*) die "$dir: choose a path of letters, digits and / . _ -" ;; esac
            [ -f "$base/PG_VERSION" ] || die "$base is no data directory; unpack the backup first"
            [ "$(cat "$base/PG_VERSION")" = {{{data.Major}}} ] || die "$base is of PostgreSQL $(cat "$base/PG_VERSION"), the WAL of {{{data.Major}}}"
            [ ! -e "$base/postmaster.pid" ] || die "a server runs on $base, or crashed there: end it, remove postmaster.pid from the copy, and try again"
            [ -z "$(ls "$base/pg_tblspc")" ] || die "$base has tablespaces, whose links would lead the new server into their files: replace the links in pg_tblspc of a copy by copies of what they lead to"

            # 1. A copy, with nothing of its own roles, slots and settings.
            mkdir -m 700 "$dir" "$dir/data" "$dir/wal"
            cp -a "$base/." "$dir/data"
            chmod 700 "$dir/data"
            if [ -L "$dir/data/pg_wal" ]; then
              rm "$dir/data/pg_wal"
              cp -a "$(readlink -f "$base/pg_wal")" "$dir/data/pg_wal"
            fi
            rm -rf "$dir/data/pg_replslot"
            mkdir "$dir/data/pg_replslot"
            rm -f "$dir/data/recovery.signal" "$dir/data/postgresql.auto.conf" "$dir/data/postmaster.opts" "$dir/data/current_logfiles"
            cat >"$dir/data/postgresql.conf" <<END
            listen_addresses = ''
            unix_socket_directories = '$dir'
            port = 5432
            hot_standby = on
            archive_mode = off
            recovery_target_timeline = '{{{report.Timeline.Value}}}'
            restore_command = 'cp "$salvage/pg_wal/%f" "%p" 2>/dev/null || cp "$dir/wal/%f" "%p" 2>/dev/null${archive:+ || $(printf %s "$archive" | sed "s/'/''/g")}'
            {{{Limits()}}}
            END
            echo 'local all all trust' >"$dir/data/pg_hba.conf"
            : >"$dir/data/pg_ident.conf"
            : >"$dir/data/standby.signal" # it stays in recovery: nothing it does can be taken for a primary's work

            # 2. The WAL between the backup and the fork, which both nodes have or had.
            first=$(sed -n 's/^START WAL LOCATION: .*(file \([0-9A-F]*\)).*/\1/p' "$dir/data/backup_label" 2>/dev/null || true)
            if [ -n "$first" ] && [ -n "$agent" ]; then
              curl -sS{{{token}}} "$agent/api/pg/v1/walFiles/$first" | grep -o '"[0-9A-F]\{24\}"' | tr -d '"' | awk -v saved={{{saved}}} '($0 "") < (saved "")' | while read -r file; do
                curl -sSf{{{token}}} -o "$dir/wal/$file" "$agent/api/pg/v1/walFile/$file" || rm -f "$dir/wal/$file"
              done
            fi

            # 3. The server beside replays it all.
            "${bin:+$bin/}pg_ctl" -D "$dir/data" -l "$dir/log" -w start >/dev/null ||
              { tail -n 20 "$dir/log" >&2; die "the server does not start ($dir/log): was BASE finished before {{{report.Fork}}}?"; }
            ask() { "${bin:+$bin/}psql" -XAtq -h "$dir" -p 5432 -U "$user" -d "$database" "$@"; }
            waited=0 at=
            while [ "$(ask -c "SELECT pg_last_wal_replay_lsn() >= '{{{report.End}}}'")" != t ]; do
              now=$(ask -c 'SELECT pg_last_wal_replay_lsn()')
              [ "$now" = "$at" ] || waited=0
              at=$now
              [ $waited -lt 30 ] || {
                "${bin:+$bin/}pg_ctl" -D "$dir/data" -m fast stop >/dev/null
                die "replay stays at $at, short of {{{report.End}}}: WAL from there on is missing; see $dir/log, and give your restore_command as third argument"
              }
              waited=$((waited + 1))
              sleep 1
            done

            echo "# replayed to {{{report.End}}}; this reads:"
            echo "${bin:+$bin/}psql -h $dir -p 5432 -U $user -d $database"
            echo "# and this ends it:"
            echo "${bin:+$bin/}pg_ctl -D $dir/data -m fast stop && rm -r $dir"

            """);
    }

    /// <summary>A server in recovery refuses to answer with less than the WAL's primary had.</summary>
    private string Limits() => data.ReadControl() is { IsOk: true, Value: var control }
        ? string.Create(CultureInfo.InvariantCulture, $"""
            max_connections = {control.MaxConnections}
            max_worker_processes = {control.MaxWorkerProcesses}
            max_wal_senders = {control.MaxWalSenders}
            max_prepared_transactions = {control.MaxPreparedXacts}
            max_locks_per_transaction = {control.MaxLocksPerXact}
            """)
        : "";
}
