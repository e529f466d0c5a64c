namespace Osmo.Bench.Calls;

/// <summary>A grain that does nothing: what a call costs in Orleans itself.</summary>
public interface IBareGrain : IGrainWithStringKey
{
    /// <summary>Answers with the address of the silo that runs it.</summary>
    ValueTask<string> PingAsync();
}

/// <inheritdoc cref="IBareGrain"/>
internal sealed class BareGrain(ILocalSiloDetails silo) : Grain, IBareGrain
{
    private readonly string _address = silo.SiloAddress.ToParsableString();

    public ValueTask<string> PingAsync() => new(_address);
}
