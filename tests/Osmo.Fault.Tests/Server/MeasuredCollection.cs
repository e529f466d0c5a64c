using Xunit;

namespace Osmo.Fault.Tests.Server;

/// <summary>Tests that measure the process's memory run when no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredCollection
{
    public const string Name = "Measured";
}
