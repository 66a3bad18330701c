using PgHa.Formats;
using Spectre.Console;

namespace PgHa.Inspect;

/// <summary>A progress bar on standard error while much WAL is read, where somebody sits in front of it.</summary>
internal static class ReadingProgress
{
    private const ulong LongWork = 128 << 20;

    /// <summary>Does the work, and shows how far it has come.</summary>
    internal static void Show(List<WalStream> streams, WalSelection selection, Action work)
    {
        var total = streams.Aggregate(0UL, (sum, s) => sum + Amount(s, selection));
        // Records that run over the terminal show progress enough, and a bar among them would spoil both.
        var isSeen = !Console.IsErrorRedirected && (selection.Statistics || Console.IsOutputRedirected);
        if (!isSeen || total < LongWork)
            work();
        else
            Draw(streams, selection, total, work);
    }

    private static void Draw(List<WalStream> streams, WalSelection selection, ulong total, Action work)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        console.Progress().AutoClear(true).Columns(
            new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).Start(context =>
        {
            var task = context.AddTask("reading WAL", maxValue: total);
            var before = 0UL;
            foreach (var stream in streams)
            {
                var (done, from) = (before, First(stream, selection));
                stream.Advanced = at => task.Value = done + (at > from ? at - from : 0);
                before += Amount(stream, selection);
            }
            work();
        });
    }

    private static Lsn First(WalStream stream, WalSelection selection) => Lsn.Max(stream.Start, selection.From ?? stream.Start);

    private static ulong Amount(WalStream stream, WalSelection selection)
    {
        var (first, last) = (First(stream, selection), Lsn.Min(stream.End, selection.To ?? stream.End));
        return last > first ? last - first : 0;
    }
}
