using System.CommandLine;
using Osmo.Domain.Errors;
using Osmo.Server.Hosting;
using Osmo.Silo.Security;

namespace Osmo.Server.Commands;

/// <summary>The command line's options of a process that is part of a cluster.</summary>
internal sealed class ClusterOptions
{
    private const string PostgresVariable = "OSMO_POSTGRES";
    private const string PodNameVariable = "POD_NAME";

    private readonly Option<string?> _postgres = new("--postgres")
    {
        Description = $"The cluster's PostgreSQL; {PostgresVariable} where it is not given, which keeps a password off the command line. "
            + "Without either the process has an embedded database and is its own cluster.",
        HelpName = "CONNECTION",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(PostgresVariable) is { Length: > 0 } value ? value : null,
    };

    private readonly Option<string> _roles = new("--roles")
    {
        Description = "What the process does: silo, gateway, or both: silo,gateway.",
        DefaultValueFactory = _ => "silo,gateway",
    };

    private readonly Option<string> _id = new("--silo-id")
    {
        Description = $"The process's name, unique in the cluster; {PodNameVariable}, or the host's name, where it is not given.",
        HelpName = "NAME",
        DefaultValueFactory = _ =>
            Environment.GetEnvironmentVariable(PodNameVariable) is { Length: > 0 } value ? value : Environment.MachineName,
    };

    private readonly Option<string> _endpoint = new("--cluster-endpoint")
    {
        Description = "Where the process listens for the other members of the cluster; port 0 takes a free one. "
            + "Anything but loopback needs certificates.",
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => ClusterSettings.EndpointDefault,
    };

    private readonly Option<string?> _advertised = new("--cluster-advertise")
    {
        Description = "Where the others reach it, if that is not where it listens, for example at the pod's IP.",
        HelpName = "HOST:PORT",
    };

    private readonly Option<string?> _certificate = new("--cluster-cert-file")
    {
        Description = "File with this process's certificate (PEM): TLS between processes, authenticated on both sides.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _certificateKey = new("--cluster-cert-key-file")
    {
        Description = "File with the certificate's private key (PEM).",
        HelpName = "FILE",
    };

    private readonly Option<string?> _authority = new("--cluster-ca-file")
    {
        Description = "File with the authorities that the certificates of the others have to come from (PEM).",
        HelpName = "FILE",
    };

    private readonly Option<string> _certificateName = new("--cluster-cert-name")
    {
        Description = "The DNS name that the certificate of every process of the cluster has to carry.",
        HelpName = "NAME",
        DefaultValueFactory = _ => ClusterCredentials.NameDefault,
    };

    private readonly Option<double> _probe = Seconds(
        "--probe-seconds", 0.2, 60, ClusterSettings.ProbeSecondsDefault,
        "How often members probe each other. One that was killed is noticed after three times that, one that stands still after six.");

    private readonly Option<double> _drain = Seconds(
        "--drain-seconds", 1, 600, ClusterSettings.DrainSecondsDefault,
        "How long handing over may take when the process is asked to stop.");

    private readonly Option<double> _call = Seconds(
        "--call-seconds", 1, 60, ClusterSettings.CallSecondsDefault, "How long a call is tried, over moves and failures, before it fails.");

    private readonly Option<double> _databaseWait = Seconds(
        "--database-wait-seconds", 0, 3600, ClusterSettings.DatabaseWaitSecondsDefault,
        "How long a process that starts waits for the database before it gives up.");

    public void AddTo(Command command)
    {
        Option[] options =
        [
            _postgres, _roles, _id, _endpoint, _advertised,
            _certificate, _certificateKey, _authority, _certificateName,
            _probe, _drain, _call, _databaseWait,
        ];
        Array.ForEach(options, command.Options.Add);
    }

    /// <summary>What the command line says; null where there is no cluster.</summary>
    /// <exception cref="OsmoException">The options do not go together.</exception>
    public ClusterSettings? Read(ParseResult parsed)
    {
        var roles = ParseRoles(parsed.GetRequiredValue(_roles));
        if (parsed.GetValue(_postgres) is not { } postgres)
        {
            return roles == (ServerRoles.Silo | ServerRoles.Gateway)
                ? null
                : throw new OsmoException(
                    ErrorCode.Invalid,
                    "A process with only one of the roles needs a database that it shares with others. "
                    + $"Give --postgres or {PostgresVariable}.");
        }

        return new ClusterSettings
        {
            Roles = roles,
            Postgres = postgres,
            Id = parsed.GetRequiredValue(_id),
            Endpoint = parsed.GetRequiredValue(_endpoint),
            Advertised = parsed.GetValue(_advertised),
            CertificateFile = parsed.GetValue(_certificate),
            CertificateKeyFile = parsed.GetValue(_certificateKey),
            AuthorityFile = parsed.GetValue(_authority),
            CertificateName = parsed.GetRequiredValue(_certificateName),
            ProbeSeconds = parsed.GetValue(_probe),
            DrainSeconds = parsed.GetValue(_drain),
            CallSeconds = parsed.GetValue(_call),
            DatabaseWaitSeconds = parsed.GetValue(_databaseWait),
        };
    }

    private static ServerRoles ParseRoles(string text)
    {
        ServerRoles roles = default;
        foreach (var role in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            roles |= role switch
            {
                "silo" => ServerRoles.Silo,
                "gateway" => ServerRoles.Gateway,
                _ => throw new OsmoException(
                    ErrorCode.Invalid, $"\"{role}\" is no role. --roles takes silo, gateway, or both: silo,gateway."),
            };
        }

        return roles == default
            ? throw new OsmoException(ErrorCode.Invalid, "--roles is empty. It takes silo, gateway, or both: silo,gateway.")
            : roles;
    }

    private static Option<double> Seconds(string name, double least, double most, double usual, string description)
    {
        var option = new Option<double>(name) { Description = description, HelpName = "SECONDS", DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var given] && double.TryParse(given.Value, out var seconds) && !(seconds >= least && seconds <= most))
            {
                result.AddError($"{name} must be from {least} to {most}.");
            }
        });
        return option;
    }
}
