using System.CommandLine;
using Osmo.Domain.Errors;
using Osmo.Kubernetes;
using Osmo.Silo.Hosting;

namespace Osmo.Server.Commands;

/// <summary>The server's command line: its subcommands, and how their failures become messages and exit codes.</summary>
internal static class ServerCommand
{
    private const int Failed = 1;
    private const int Usage = 2;

    /// <summary>The process has to be started again: the others took it for dead.</summary>
    private const int Ended = 3;

    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand(
            "An Osmo server: silo, gateway, or both; by itself on an embedded database, or as a member of a cluster.")
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
        catch (SiloEndedException end)
        {
            await Console.Error.WriteLineAsync($"osmo-server: {end.Message}");
            return Ended;
        }
    }
}
