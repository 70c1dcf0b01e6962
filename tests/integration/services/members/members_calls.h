#pragma once

#include <string>

#include "services/members/consent_service.h"
#include "services/members/dossiers.h"
#include "services/members/export_service.h"
#include "services/members/preference_service.h"
#include "services/members/segment_service.h"
#include "tests/integration/services/members/caller.h"

namespace gratis::members {

// What members say and like, which segments they are in, and what is exported of them.
class MembersCalls : public Caller {
 protected:
  using Consent = v1::ConsentService::Stub;
  using Preference = v1::PreferenceService::Stub;

  MembersCalls() {
    Serve({&consent_service_, &preference_service_, &segment_service_, &export_service_});
  }
  ~MembersCalls() override { server_->Shutdown(); }

  std::string Enrolled(const std::string& name) {
    return IdIn(Enroll("enroll " + name, {.email = name + "@example.com", .greeting_name = name}))
        .ToString();
  }

  Consents consents_{pool_};
  Preferences preferences_{vault_, ids_, pool_};
  Dossiers dossiers_{members_, consents_, preferences_};
  ConsentService consent_service_{shell_, poster_, consents_, ids_};
  PreferenceService preference_service_{shell_, poster_, preferences_};
  SegmentService segment_service_{shell_, poster_, members_};
  ExportNotes export_notes_{poster_, ids_};
  ExportService export_service_{shell_, dossiers_, export_notes_};
};

}  // namespace gratis::members
