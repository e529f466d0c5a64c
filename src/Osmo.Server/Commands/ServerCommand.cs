using System.CommandLine;
using Osmo.Grains.Errors;
using Osmo.Kubernetes;

namespace Osmo.Server.Commands;

/// <summary>The server's command line: its subcommands, and how their failures become messages and exit codes.</summary>
internal static class ServerCommand
{
    private const int Failed = 1;
    private const int Usage = 2;

    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("An Osmo server: silo and gateway in one process, on an embedded database.")
        {
            DemoCommand.Create(),
            WatchCommand.Create(),
            ServeCommand.Create(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"osmo-server: {error.Message}");
            }

            await Console.Error.WriteLineAsync("See --help.");
            return Usage;
        }

        try
        {
            // Signals are the host's: the default here ends the process two seconds after one, in the middle of a drain.
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception failure) when (failure is OsmoException or KubernetesConfigurationException)
        {
            await Console.Error.WriteLineAsync($"osmo-server: {failure.Message}");
            return Failed;
        }
    }
}
