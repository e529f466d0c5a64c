using System.CommandLine;
using Osmo.Server.Clusters;

namespace Osmo.Server.Commands;

/// <summary><c>demo</c>: everything in one process, with simulated clusters.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var settings = new ServerSettings();
        var nodes = new Option<int>("--nodes")
        {
            Description = "Nodes of the largest of the three clusters.",
            DefaultValueFactory = _ => 2_000,
        };
        nodes.Validators.Add(result =>
        {
            // Not the parsed value: of a text that is no number there is none, and the parser says so itself.
            if (result.Tokens is [var given] && int.TryParse(given.Value, out var count) && count is < 1 or > 50_000)
            {
                result.AddError("--nodes must be from 1 to 50000.");
            }
        });
        var command = new Command("demo", "Start silo, gateway, and three simulated clusters with their agents, and show what happens.")
        {
            nodes,
        };
        settings.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            await using var simulated = await SimulatedClusters.StartAsync(parsed.GetValue(nodes), cancel);
            return await FleetSession.RunAsync(settings, parsed, simulated.Clusters, SimulatedClusters.ConfigureAsync);
        });
        return command;
    }
}
