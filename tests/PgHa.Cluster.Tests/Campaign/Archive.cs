namespace PgHa.Cluster.Tests.Campaign;

/// <summary>The archive of all nodes: a folder, and one script for archive_command and restore_command whose mood can be changed.</summary>
internal sealed class Archive(string folder)
{
    public string Script => Path.Combine(folder, "archive.sh");

    private string Mood => Path.Combine(folder, "mood");

    public async Task Make()
    {
        await AsPostgres.Run("/bin/mkdir", "-p", Path.Combine(folder, "files"));
        await AsPostgres.Run("/bin/sh", "-c", "cat >\"$1\" <<'END'\n" + Text + "END\nchmod 755 \"$1\"", "sh", Script);
        SetMood("well");
    }

    /// <summary>well, fails, or slow.</summary>
    public void SetMood(string mood) => File.WriteAllText(Mood, mood);

    private string Text => $$"""
        #!/bin/sh
        # store PATH NAME, bring NAME PATH: as an operator's own script does; what is there already must be the same.
        files='{{Path.Combine(folder, "files")}}'
        case $(cat '{{Mood}}') in fails) exit 1 ;; slow) sleep 1 ;; esac
        case $1 in
          store) if [ -f "$files/$3" ]; then cmp -s "$2" "$files/$3"; else cp "$2" "$files/.$3.$$" && mv "$files/.$3.$$" "$files/$3"; fi ;;
          bring) [ -f "$files/$2" ] && cp "$files/$2" "$3" ;;
        esac

        """;
}
