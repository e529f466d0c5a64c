using Osmo.Cli.Terminal;

namespace Osmo.Cli.Output;

/// <summary>The difference of two texts as <c>diff -u</c> writes it.</summary>
internal static class UnifiedDiff
{
    private const int ContextLines = 3;

    // Beyond this many pairs of lines the middle is shown as replaced whole: a table of all pairs would not fit the memory.
    private const long PairsMax = 4_000_000;

    private const string Reset = "\u001b[0m";

    /// <summary>Writes the difference; nothing where there is none.</summary>
    public static void Write(string before, string after, string beforeName, string afterName, CliTerminal terminal)
    {
        var edits = Edits(before.Split('\n'), after.Split('\n'));
        if (edits.TrueForAll(edit => edit.Mark == ' '))
        {
            return;
        }

        Line(terminal, $"--- {beforeName}");
        Line(terminal, $"+++ {afterName}");
        foreach (var (first, last) in Hunks(edits))
        {
            var hunk = edits[first..(last + 1)];
            var (oldLine, newLine) = hunk[0] is var start ? (start.OldLine, start.NewLine) : default;
            var (olds, news) = (hunk.Count(edit => edit.Mark != '+'), hunk.Count(edit => edit.Mark != '-'));
            Line(terminal, $"@@ -{oldLine + 1},{olds} +{newLine + 1},{news} @@");
            hunk.ForEach(edit => Line(terminal, edit.Mark + edit.Text));
        }
    }

    private static void Line(CliTerminal terminal, string text)
    {
        var colour = !terminal.Colour ? null : text[0] switch
        {
            '-' => "\u001b[31m",
            '+' => "\u001b[32m",
            '@' => "\u001b[36m",
            _ => null,
        };
        text = Printable.Line(text);
        terminal.Out.WriteLine(colour is null ? text : $"{colour}{text}{Reset}");
    }

    private static IEnumerable<(int First, int Last)> Hunks(List<Edit> edits)
    {
        int? first = null;
        var last = 0;
        for (var i = 0; i < edits.Count; i++)
        {
            if (edits[i].Mark == ' ')
            {
                continue;
            }

            if (first is { } open && i - ContextLines > last + ContextLines + 1)
            {
                yield return (open, Math.Min(last + ContextLines, edits.Count - 1));
                first = null;
            }

            first ??= Math.Max(0, i - ContextLines);
            last = i;
        }

        if (first is { } begin)
        {
            yield return (begin, Math.Min(last + ContextLines, edits.Count - 1));
        }
    }

    private static List<Edit> Edits(string[] before, string[] after)
    {
        var head = 0;
        while (head < before.Length && head < after.Length && before[head] == after[head])
        {
            head++;
        }

        var tail = 0;
        while (tail < before.Length - head && tail < after.Length - head && before[^(tail + 1)] == after[^(tail + 1)])
        {
            tail++;
        }

        var edits = new List<Edit>();
        edits.AddRange(Enumerable.Range(0, head).Select(i => new Edit(' ', before[i], i, i)));
        Middle(before, after, head, before.Length - tail, after.Length - tail, edits);
        edits.AddRange(Enumerable.Range(0, tail).Select(i =>
            new Edit(' ', before[before.Length - tail + i], before.Length - tail + i, after.Length - tail + i)));
        return edits;
    }

    private static void Middle(string[] before, string[] after, int head, int oldEnd, int newEnd, List<Edit> edits)
    {
        var (olds, news) = (oldEnd - head, newEnd - head);
        var common = (long)olds * news <= PairsMax ? CommonLengths(before, after, head, olds, news) : null;
        int i = 0, j = 0;
        while (i < olds || j < news)
        {
            if (common is not null && i < olds && j < news && before[head + i] == after[head + j])
            {
                edits.Add(new Edit(' ', before[head + i], head + i++, head + j++));
            }
            else if (i < olds && (common is null || j == news || common[i + 1, j] >= common[i, j + 1]))
            {
                edits.Add(new Edit('-', before[head + i], head + i++, head + j));
            }
            else
            {
                edits.Add(new Edit('+', after[head + j], head + i, head + j++));
            }
        }
    }

    private static int[,] CommonLengths(string[] before, string[] after, int head, int olds, int news)
    {
        var common = new int[olds + 1, news + 1];
        for (var i = olds - 1; i >= 0; i--)
        {
            for (var j = news - 1; j >= 0; j--)
            {
                common[i, j] = before[head + i] == after[head + j]
                    ? common[i + 1, j + 1] + 1
                    : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        return common;
    }

    private readonly record struct Edit(char Mark, string Text, int OldLine, int NewLine);
}
