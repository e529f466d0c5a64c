using Microsoft.Extensions.Logging;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>The executable without its edge: options in, exit code out.</summary>
public static class AgentHost
{
    /// <summary>Exit code after a bad option or a kubeconfig that cannot be used.</summary>
    public const int ExitUsage = 2;

    /// <summary>Runs an agent until cancelled.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="environment">Looks up an environment variable.</param>
    /// <param name="output">Where help goes.</param>
    /// <param name="errors">Where complaints about options go.</param>
    /// <param name="logs">Makes the loggers for a log level.</param>
    /// <param name="cancellation">Ends it in good order.</param>
    /// <returns>0, or <see cref="ExitUsage"/>.</returns>
    public static async Task<int> RunAsync(
        string[] args,
        Func<string, string?> environment,
        TextWriter output,
        TextWriter errors,
        Func<LogLevel, ILoggerFactory> logs,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(errors);
        ArgumentNullException.ThrowIfNull(logs);
        if (args.Contains("--help") || args.Contains("-h"))
        {
            await output.WriteLineAsync(AgentOptionNames.Help).ConfigureAwait(false);
            return 0;
        }

        AgentOptions options;
        OptionValues values;
        KubernetesConfiguration cluster;
        try
        {
            values = OptionValues.Parse(args, environment);
            options = AgentOptionsReader.Read(values);
            cluster = KubernetesConfiguration.Load(options.Kubeconfig, options.Context);
        }
        catch (Exception e) when (e is AgentOptionsException or KubernetesConfigurationException)
        {
            await errors.WriteLineAsync($"osmo-agent: {e.Message}").ConfigureAwait(false);
            return ExitUsage;
        }

        using ILoggerFactory factory = logs(options.LogLevel);
        foreach (string option in values.Ignored)
        {
            AgentLog.OptionWithoutEffect(factory.CreateLogger("Osmo.Agent"), option);
        }

        using BackendAgent agent = new(options, cluster, factory);
        await agent.RunAsync(cancellation).ConfigureAwait(false);
        return 0;
    }
}
