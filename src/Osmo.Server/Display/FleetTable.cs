using Spectre.Console;
using Spectre.Console.Rendering;

namespace Osmo.Server.Display;

/// <summary>The live table: a row for each backend, and the latest verdicts below.</summary>
internal static class FleetTable
{
    public static IRenderable Empty => new Text("starting ...");

    public static IRenderable Of(IReadOnlyList<FleetRow> rows, IReadOnlyList<string> verdicts)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("Backend");
        table.AddColumn(new TableColumn("Nodes").RightAligned());
        table.AddColumn(new TableColumn("Available").RightAligned());
        table.AddColumn(new TableColumn("Unavailable").RightAligned());
        table.AddColumn("Labels");
        table.AddColumn(new TableColumn("Patches").RightAligned());
        table.AddColumn(new TableColumn("Events").RightAligned());
        table.AddColumn(new TableColumn("Unchanged").RightAligned());
        table.AddColumn("Agent");
        foreach (var row in rows)
        {
            table.AddRow(
                new Text(row.Backend, new Style(decoration: Decoration.Bold)),
                Number(row.Status?.Nodes),
                Number(row.Status?.Available, Color.Green),
                Number(row.Status?.Nodes - row.Status?.Available, Color.Red),
                new Text(row.LabelText),
                Number(row.Agent.LabelsPatched),
                Number(row.Agent.EventsReceived),
                Number(row.Agent.EventsUnchanged),
                new Text(row.AgentText) { Overflow = Overflow.Ellipsis });
        }

        var lines = new Rows(verdicts.Select(verdict => new Text(verdict) { Overflow = Overflow.Ellipsis }));
        return new Rows(table, new Text(""), new Text("Latest verdicts", new Style(decoration: Decoration.Bold)), lines);
    }

    private static Text Number(long? value, Color? color = null) =>
        new(value?.ToString("N0") ?? "", new Style(value > 0 ? color : null)) { Justification = Justify.Right };
}
